/**
 * What the log agent writes and everyone else asks for: labels of streams, few and with few values, and structured
 * metadata of single lines, for all that has many values. Rules, dashboards and drills take the names from here.
 */

/** Value of the label `job`: where a line comes from. */
export const LOG_JOBS = {
  /** Containers of every namespace. Further labels: `namespace`, `app`, `container`, `node`. */
  container: 'container',
  /** Requests to Apache, nginx and the sample-app, one JSON object each. Further labels: as `container`. */
  access: 'web-access',
  /** What the web servers say about themselves. Further labels: as `container`. */
  server: 'web-server',
  /** The nodes' journals. Further labels: `node`, `unit` (only services, without instances). */
  journal: 'journal',
  /** The API server's audit log. Further labels: `node`. */
  audit: 'audit',
} as const;

export type LogJob = (typeof LOG_JOBS)[keyof typeof LOG_JOBS];

/** Values of `level`, from the least to the worst. */
export const LOG_LEVELS = ['debug', 'info', 'warning', 'error', 'critical'] as const;

/** Structured metadata of a line, by job: filters need no parser. */
export const LINE_METADATA = {
  /** `level` is one of `LOG_LEVELS`; absent where a line does not say. */
  container: ['pod', 'level'],
  /** `status` and `duration_ms` are numbers; `user_agent` is cut at 256 characters. */
  access: [
    'pod',
    'method',
    'path',
    'status',
    'bytes',
    'duration_ms',
    'client',
    'user_agent',
    'request_id',
  ],
  server: ['pod', 'level'],
  /** `identifier` is the syslog identifier, such as sshd or sudo. */
  journal: ['identifier', 'level'],
  /** `object_namespace` and `object_name` say what was acted on; `code` is the HTTP status. */
  audit: [
    'user',
    'verb',
    'resource',
    'subresource',
    'object_namespace',
    'object_name',
    'code',
    'source_ip',
  ],
} as const satisfies Record<keyof typeof LOG_JOBS, readonly string[]>;

/** A selector of streams, such as `{job="journal", unit="ssh.service"}`. */
export const streams = (
  job: keyof typeof LOG_JOBS,
  labels: Readonly<Record<string, string>> = {},
): string =>
  `{${[`job="${LOG_JOBS[job]}"`, ...Object.entries(labels).map(([name, value]) => `${name}="${value}"`)].join(', ')}}`;
