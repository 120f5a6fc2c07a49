/**
 * What the access logs of Apache and nginx have in common: a JSON object for each request, with the fields of the
 * sample-app's. Both servers escape quotes and backslashes as JSON does, but Apache writes other bytes as `\xhh` and
 * nginx as they come, neither of which is JSON. So text from strangers is logged up to the first byte that is not
 * printable ASCII, and a request that has one in its target or user agent is refused: nothing is served to what the
 * log would not show. A line stays below 4096 bytes, which a pipe takes in one piece (PIPE_BUF).
 */

/** Fields in the order of a line. */
export interface AccessFields {
  readonly method: string;
  /** Target of the request as it was sent. */
  readonly path: string;
  readonly status: string;
  /** Of the answer's body. */
  readonly bytes: string;
  readonly durationMs: string;
  readonly client: string;
  readonly userAgent: string;
  readonly requestId: string;
}

/** Characters of a field that are logged. */
export const LOGGED_LENGTH = { path: 1024, userAgent: 256 } as const;

/** A request id that is taken over from the client, as a regular expression. */
export const REQUEST_ID = '[A-Za-z0-9_.-]{1,64}';

const NUMBERS: readonly string[] = [
  'status',
  'bytes',
  'durationMs',
] satisfies (keyof AccessFields)[];

/** A line of the access log, in which each field is what the server puts in its place. */
export const accessLine = (fields: AccessFields): string =>
  `{${Object.entries(fields)
    .map(([name, value]) => `"${name}":${NUMBERS.includes(name) ? value : `"${value}"`}`)
    .join(',')}}`;
