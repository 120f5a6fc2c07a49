/** The answer of an HTTP call; the body is text, because what answers in trouble may be anything. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** No answer: why, in a few words without the address. */
export interface NoReply {
  readonly failure: string;
}

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface PostOptions extends GetOptions {
  readonly body: string;
}

/** Bytes of an answer that are read; the rest says nothing that we need. */
const BODY_MAX = 65_536;

/** Posts once, follows nowhere. Never rejects: addresses are secrets, and errors of `fetch` may tell them. */
export const post = (url: string, options: PostOptions): Promise<HttpReply | NoReply> =>
  call('POST', url, options);

/** Asks once, as {@link post} posts. */
export const get = (url: string, options: GetOptions): Promise<HttpReply | NoReply> =>
  call('GET', url, options);

async function call(
  method: 'GET' | 'POST',
  url: string,
  options: GetOptions & Partial<PostOptions>,
): Promise<HttpReply | NoReply> {
  const { headers, body, timeoutMs } = options;
  const { signal, end } = limited(options.signal, timeoutMs);
  try {
    const request = { method, headers, body, signal, redirect: 'manual' } as const;
    const response = await fetch(url, request);
    return {
      status: response.status,
      headers: response.headers,
      body: await readSome(response),
    };
  } catch (error) {
    if (options.signal.aborted) return { failure: 'stopped' };
    return {
      failure: signal.aborted ? `no answer within ${timeoutMs / 1000} s` : failureOf(error),
    };
  } finally {
    end();
  }
}

/**
 * The signal with a time limit. Not by `AbortSignal.any`: what that makes of a signal which lives as long as the
 * process is never freed.
 */
function limited(outer: AbortSignal, ms: number): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, ms);
  outer.addEventListener('abort', abort);
  if (outer.aborted) abort();
  const end = (): void => {
    clearTimeout(timer);
    outer.removeEventListener('abort', abort);
  };
  return { signal: controller.signal, end };
}

/** JSON of a body; undefined when it is none. */
export function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

async function readSome(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  if (!response.body) return text;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    text += decoder.decode(chunk, { stream: true });
    if (bytes > BODY_MAX) break;
  }
  return text;
}

/** `fetch` puts the cause into `cause`, whose code says enough (`ECONNREFUSED`). */
function failureOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? `no answer: ${code}` : 'no answer';
}
