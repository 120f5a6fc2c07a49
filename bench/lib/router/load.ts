import { connect, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import type { TlsMaterial } from '../../../services/shared/tls-server';
import { hookRequest } from './hook';
import { quantile } from '../quantile';

export interface LoadOptions {
  readonly port: number;
  /** The name in the server's certificate. */
  readonly serverName: string;
  readonly material: TlsMaterial;
  readonly connections: number;
  readonly seconds: number;
  /** It ends early after so many hooks. */
  readonly hooks: number;
  /** Added to each alert. */
  readonly labels: Record<string, string>;
}

/** Times of single hooks in milliseconds, from the first byte of the request to the last of the answer. */
export interface LoadResult {
  readonly hooks: number;
  readonly refused: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Posts hooks with one alert each over keep-alive mutual TLS: on each connection the next one when the last one is
 * answered. It writes HTTP by itself, because a client that costs as much as the server would measure itself.
 *
 * @throws Error when a connection breaks or answers something that is no HTTP
 */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const sockets = await Promise.all(
    Array.from({ length: options.connections }, () => openSocket(options)),
  );
  const times: number[] = [];
  let refused = 0;
  let index = 0;
  const start = performance.now();
  const end = start + options.seconds * 1000;
  const run = async (socket: TLSSocket): Promise<void> => {
    const exchange = new Exchange(socket);
    for (let now = start; now < end && index < options.hooks;) {
      const request = hookRequest(index++, options.serverName, options.labels);
      const before = performance.now();
      const status = await exchange.send(request);
      now = performance.now();
      times.push(now - before);
      if (status !== 200) refused += 1;
    }
  };
  try {
    await Promise.all(sockets.map(run));
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  const seconds = (performance.now() - start) / 1000;
  const at = (share: number): number => quantile(times, share);
  return { hooks: times.length, refused, seconds, p50: at(0.5), p99: at(0.99), max: at(1) };
}

async function openSocket({ port, serverName, material }: LoadOptions): Promise<TLSSocket> {
  const { cert, key, ca } = material;
  const socket = connect({ port, host: '127.0.0.1', servername: serverName, cert, key, ca });
  socket.setNoDelay(true);
  // What breaks between two requests, the next one finds out.
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

const HEAD_END = '\r\n\r\n';

/** One request after the other on one connection. */
export class Exchange {
  private received = '';
  private waiting?: { resolve: (status: number) => void; reject: (error: Error) => void };

  public constructor(private readonly socket: TLSSocket) {
    // One byte for each character, so that lengths are those of the wire.
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.receive(text));
    socket.on('error', (error: Error) => this.waiting?.reject(error));
    socket.on('close', () => this.waiting?.reject(new Error('the connection was closed')));
  }

  /** @returns the status of the answer */
  public send(request: string): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) reject(new Error('the connection was closed'));
      this.waiting = { resolve, reject };
      this.socket.write(request);
    });
  }

  private receive(text: string): void {
    this.received += text;
    const headEnd = this.received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.received.slice(0, headEnd);
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(head) ?? [];
    const [, length] = /\r\ncontent-length: (\d+)/i.exec(head) ?? [];
    if (status === undefined || length === undefined) {
      this.waiting?.reject(new Error(`an answer without status or length: ${head}`));
      return;
    }
    const end = headEnd + HEAD_END.length + Number(length);
    if (this.received.length < end) return;
    this.received = this.received.slice(end);
    this.waiting?.resolve(Number(status));
  }
}
