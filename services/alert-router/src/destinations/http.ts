import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';

/** The answer of an HTTP call; the body is text, because what answers in trouble may be anything. */
export interface HttpReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
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

/** Posts once, follows nowhere. Never rejects: addresses are secrets, and errors may tell them. */
export const post = (url: string, options: PostOptions): Promise<HttpReply | NoReply> =>
  call('POST', url, options);

/** Asks once, as {@link post} posts. */
export const get = (url: string, options: GetOptions): Promise<HttpReply | NoReply> =>
  call('GET', url, options);

/** Of `node:http`: `fetch` does the same with thirty megabytes more of memory. */
function call(
  method: 'GET' | 'POST',
  url: string,
  { headers, body, timeoutMs, signal }: GetOptions & Partial<PostOptions>,
): Promise<HttpReply | NoReply> {
  const target = new URL(url);
  const open = target.protocol === 'https:' ? https.request : http.request;
  return new Promise((resolve) => {
    const request = open(target, { method, headers });
    const settle = (result: HttpReply | NoReply): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve(result);
      request.destroy();
    };
    const stop = (): void => settle({ failure: 'stopped' });
    const late = (): void => settle({ failure: `no answer within ${timeoutMs / 1000} s` });
    const fail = (error: unknown): void => settle({ failure: failureOf(error) });
    const timer = setTimeout(late, timeoutMs);
    signal.addEventListener('abort', stop);
    request.on('error', fail);
    request.on('response', (response) => {
      replyOf(response).then(settle, fail);
    });
    if (signal.aborted) stop();
    else request.end(body);
  });
}

async function replyOf(response: IncomingMessage): Promise<HttpReply> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    if (bytes < BODY_MAX) chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

/** JSON of a body; undefined when it is none. */
export function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** The code says enough (`ECONNREFUSED`, `CERT_HAS_EXPIRED`), and no address. */
function failureOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? `no answer: ${code}` : 'no answer';
}
