import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a server says to one call; without it, it says nothing. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or HTML when it is a string. */
  readonly body?: unknown;
}

/** Reads a body whole. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Parses JSON; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Writes the answer. */
export function write(response: ServerResponse, { status, headers, body }: Answer): void {
  const isHtml = typeof body === 'string';
  const type = isHtml ? 'text/html; charset=UTF-8' : 'application/json';
  const text = isHtml ? body : JSON.stringify(body);
  response.writeHead(status, {
    ...headers,
    ...(body === undefined ? {} : { 'Content-Type': type }),
  });
  response.end(text);
}
