import { constants } from 'node:crypto';
import https, { type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { closeServer, listen } from './listening';
import { createLogger, type Logger } from './logger';
import { peerIdentity } from './peer-identity';
import { logRefusedHandshakes, logRefusedIdentity } from './refusals';

/** Certificate chain, key and trust bundle, all PEM. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

export interface MutualTlsServerOptions {
  readonly material: TlsMaterial;
  /** SPIFFE IDs that may connect, or whether one may now; everyone else with a valid certificate gets 403. */
  readonly allowedIdentities: readonly string[] | ((identity: string) => boolean);
  readonly handler: (
    request: IncomingMessage,
    response: ServerResponse,
    identity: string,
  ) => void | Promise<void>;
  /** Is told who was refused (refusals.ts). Default: one of its own, for nobody is refused in silence. */
  readonly logger?: Pick<Logger, 'warn'>;
  readonly onError?: (error: unknown) => void;
  /** Somebody with a valid certificate, whose identity is not among those allowed, or who shows none; it is logged. */
  readonly onRefused?: (request: IncomingMessage) => void;
  /** How long one request may take to arrive, in milliseconds. Default: 10 s. */
  readonly requestTimeoutMs?: number;
  /** How long a connection may be idle, in milliseconds. Default: Node's, 5 s. */
  readonly keepAliveTimeoutMs?: number;
}

/** For the headers of one request to arrive, and for all of it, in milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * An HTTPS server that demands a client certificate of our CA (refused in the handshake) and then
 * a known identity (403), and logs whom it refuses. TLS 1.2 at least. Session tickets are off: each
 * connection is verified in full, so that a CA or identity that is withdrawn stays withdrawn.
 */
export class MutualTlsServer {
  private readonly server: Server;

  constructor(options: MutualTlsServerOptions) {
    const { logger = createLogger('tls-server') } = options;
    this.server = https.createServer(
      { ...secureContext(options.material), requestCert: true, rejectUnauthorized: true },
      (request, response) => {
        void answer({ ...options, logger }, request, response);
      },
    );
    logRefusedHandshakes(this.server, logger);
    const { requestTimeoutMs = REQUEST_TIMEOUT_MS, keepAliveTimeoutMs } = options;
    this.server.requestTimeout = requestTimeoutMs;
    this.server.headersTimeout = REQUEST_TIMEOUT_MS;
    if (keepAliveTimeoutMs !== undefined) this.server.keepAliveTimeout = keepAliveTimeoutMs;
    this.server.on('clientError', refuseMalformed);
  }

  /**
   * Listens, on every address unless told otherwise, and resolves with the port.
   * @throws Error when the port cannot be bound
   */
  listen(port: number, host?: string): Promise<number> {
    return listen(this.server, port, host);
  }

  /**
   * New connections use this material from now on; open ones keep what they have.
   * @throws Error when certificate and key do not belong together; the old material then stays
   */
  update(material: TlsMaterial): void {
    this.server.setSecureContext(secureContext(material));
  }

  /** Stops listening and closes idle connections; running requests have so many milliseconds to end. */
  close(graceMs = 10_000): Promise<void> {
    return closeServer(this.server, graceMs);
  }
}

/** All options at every update: `setSecureContext` forgets what it is not given, `ca` included. */
function secureContext({ cert, key, ca }: TlsMaterial): https.ServerOptions {
  return { cert, key, ca, minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET };
}

/** By connection: reading it from the certificate takes longer than most answers. */
const identities = new WeakMap<Socket, string>();

function identityOf(socket: TLSSocket): string | undefined {
  const known = identities.get(socket);
  if (known !== undefined) return known;
  const identity = socket.authorized ? peerIdentity(socket.getPeerX509Certificate()) : undefined;
  if (identity !== undefined) identities.set(socket, identity);
  return identity;
}

/** As Node does, but for a request that did not arrive in time: 408 is final to many clients, 503 is not. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) return;
  const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const status = late ? '503 Service Unavailable' : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

async function answer(
  options: MutualTlsServerOptions & { readonly logger: Pick<Logger, 'warn'> },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { allowedIdentities, handler, logger, onError, onRefused } = options;
  const identity = identityOf(request.socket as TLSSocket);
  const allowed = (one: string): boolean =>
    typeof allowedIdentities === 'function'
      ? allowedIdentities(one)
      : allowedIdentities.includes(one);
  if (identity === undefined || !allowed(identity)) {
    logRefusedIdentity(logger, identity, request);
    onRefused?.(request);
    response.writeHead(403, { 'content-type': 'text/plain' }).end('identity not allowed\n');
    return;
  }
  try {
    await handler(request, response, identity);
  } catch (error) {
    onError?.(error);
    if (!response.headersSent) response.writeHead(500);
    response.end();
  }
}
