import { constants } from 'node:crypto';
import https, { type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { peerIdentity } from './peer-identity';

/** Certificate chain, key and trust bundle, all PEM. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

export interface MutualTlsServerOptions {
  readonly material: TlsMaterial;
  /** SPIFFE IDs that may connect; everyone else with a valid certificate gets 403. */
  readonly allowedIdentities: readonly string[];
  readonly handler: (
    request: IncomingMessage,
    response: ServerResponse,
    identity: string,
  ) => void | Promise<void>;
  readonly onError?: (error: unknown) => void;
}

/** How long one request may take to arrive, in milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * An HTTPS server that demands a client certificate of our CA (refused in the handshake) and then
 * a known identity (403). TLS 1.2 at least. Session tickets are off: each connection is verified
 * in full, so that a CA or identity that is withdrawn stays withdrawn.
 */
export class MutualTlsServer {
  private readonly server: Server;

  constructor(options: MutualTlsServerOptions) {
    this.server = https.createServer(
      { ...secureContext(options.material), requestCert: true, rejectUnauthorized: true },
      (request, response) => {
        void answer(options, request, response);
      },
    );
    this.server.requestTimeout = REQUEST_TIMEOUT_MS;
    this.server.headersTimeout = REQUEST_TIMEOUT_MS;
  }

  /**
   * Listens, on every address unless told otherwise, and resolves with the port.
   * @throws Error when the port cannot be bound
   */
  async listen(port: number, host?: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    return (this.server.address() as AddressInfo).port;
  }

  /**
   * New connections use this material from now on; open ones keep what they have.
   * @throws Error when certificate and key do not belong together; the old material then stays
   */
  update(material: TlsMaterial): void {
    this.server.setSecureContext(secureContext(material));
  }

  /** Stops listening, lets running requests end, and closes idle connections. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeIdleConnections();
    });
  }
}

/** All options at every update: `setSecureContext` forgets what it is not given, `ca` included. */
function secureContext({ cert, key, ca }: TlsMaterial): https.ServerOptions {
  return { cert, key, ca, minVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET };
}

async function answer(
  { allowedIdentities, handler, onError }: MutualTlsServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const socket = request.socket as TLSSocket;
  const identity = peerIdentity(socket.getPeerX509Certificate());
  if (!socket.authorized || identity === undefined || !allowedIdentities.includes(identity)) {
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
