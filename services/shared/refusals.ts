import type { IncomingMessage } from 'node:http';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { LineLimit } from './line-limit';
import type { Logger } from './logger';

/**
 * What our servers say about those whom they turn away, in one form for all of them: the rule IdentityNotAllowed
 * (constructs/loki/rules/doors.ts) and the dashboard (`refusedConnections` of constructs/loki/selectors.ts) look for
 * these messages and the field `identity`.
 */
const IDENTITY_NOT_ALLOWED = 'identity not allowed';
/** Go's words, which Prometheus, Alertmanager and Loki say too. */
const HANDSHAKE_ERROR = 'TLS handshake error';

/** Characters of a path that are logged. */
const PATH_LENGTH = 100;
/** Lines about handshakes of one server: whoever reaches its port can cause them without end. */
const HANDSHAKE_LINES = { lines: 30, windowMs: 60_000 };

/** Somebody with a certificate of ours who has no business here, or not with this path. */
export function logRefusedIdentity(
  logger: Pick<Logger, 'warn'>,
  identity: string | undefined,
  { method, url, socket }: IncomingMessage,
): void {
  const path = url?.slice(0, PATH_LENGTH);
  logger.warn({ identity, client: addressOf(socket), method, path }, IDENTITY_NOT_ALLOWED);
}

/**
 * Has a server log the handshakes that it refuses: no certificate, one that it does not trust, or no TLS at all. Who
 * just hangs up, as kubelet's probes of the port do, was not refused.
 */
export function logRefusedHandshakes(server: Server, logger: Pick<Logger, 'warn'>): void {
  const limit = new LineLimit(HANDSHAKE_LINES);
  // A socket that is closed tells its address only if it was asked for before.
  server.on('connection', (socket: Socket) => void socket.remoteAddress);
  server.on('tlsClientError', (error, socket) => {
    const code = refusalOf(error, socket);
    const allowance = code === undefined ? undefined : limit.take();
    if (!allowance) return;
    const { withheld } = allowance;
    const client = addressOf(socket);
    logger.warn({ client, code, ...(withheld > 0 && { withheld }) }, HANDSHAKE_ERROR);
  });
}

/**
 * Why a handshake was refused; undefined when it was not. What Node finds wrong with a certificate, it tells by nothing
 * but the closed connection and this field; OpenSSL's and its own errors begin with ERR_, those of the network do not.
 */
function refusalOf(error: NodeJS.ErrnoException, socket: TLSSocket): string | undefined {
  // A string, whatever its type says, and null where nothing is wrong.
  const unverified = socket.authorizationError as unknown as string | null | undefined;
  return unverified ?? (error.code?.startsWith('ERR_') ? error.code : undefined);
}

/** IPv4 addresses are so even on a socket for both families. */
function addressOf(socket: Socket & { readonly _parent?: Socket }): string | undefined {
  // A TLS socket that is closed knows no address: that of the TCP socket below it (no public name) does.
  const address = socket.remoteAddress ?? socket._parent?.remoteAddress;
  return address?.replace(/^::ffff:(?=\d+\.)/, '');
}
