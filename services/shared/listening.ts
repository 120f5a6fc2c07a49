import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server as TlsServer } from 'node:https';

/** Between two looks for connections that became idle, while closing. */
const CLOSING_MS = 50;

/**
 * Listens, on every address unless told otherwise, and resolves with the port.
 * @throws Error when the port cannot be bound
 */
export async function listen(
  server: Server | TlsServer,
  port: number,
  host?: string,
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

/**
 * Stops listening and closes idle connections; running requests have so many milliseconds to end. Connections on which
 * no TLS handshake has ended by then are left behind: nothing lists them.
 */
export async function closeServer(server: Server | TlsServer, graceMs: number): Promise<void> {
  // A connection whose request ends from now on would stay open until its keep-alive timeout.
  const timer = setInterval(() => server.closeIdleConnections(), CLOSING_MS);
  await new Promise<void>((resolve) => {
    const deadline = setTimeout(() => {
      server.closeAllConnections();
      resolve();
    }, graceMs);
    server.close(() => {
      clearTimeout(deadline);
      resolve();
    });
    server.closeIdleConnections();
  });
  clearInterval(timer);
}
