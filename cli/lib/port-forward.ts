import { createServer, type Socket } from 'node:net';
import { PortForward } from '@kubernetes/client-node';
import { CliError, UsageError } from './errors';
import type { KubeClient } from './kube-client';

export interface ForwardTarget {
  readonly namespace: string;
  /** Service whose first ready pod is connected to, anew for each connection. */
  readonly service: string;
  readonly port: number;
}

export interface Forwarding {
  /** Port on 127.0.0.1. */
  readonly port: number;
  /** Why the last connection could not be passed on; undefined when all could. */
  readonly lastError: () => string | undefined;
  readonly close: () => void;
}

/**
 * Listens on 127.0.0.1 and passes each connection on to a pod, through the API server.
 *
 * @param localPort 0 chooses a free one.
 * @throws UsageError when the local port is taken.
 */
export async function forwardPort(
  client: KubeClient,
  target: ForwardTarget,
  localPort = 0,
): Promise<Forwarding> {
  const forward = new PortForward(client.kubeConfig);
  const sockets = new Set<Socket>();
  let lastError: string | undefined;
  const server = createServer({ allowHalfOpen: false }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    connect(forward, target, socket).then(
      () => (lastError = undefined),
      (error: unknown) => {
        lastError = reasonOf(error);
        socket.destroy();
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, localPort)));
    server.listen(localPort, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : localPort,
    lastError: () => lastError,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** What we need of the WebSocket; the package that types it is not among client-node's dependencies. */
interface Tunnel {
  onclose: () => void;
  onerror: () => void;
  close(): void;
}

async function connect(forward: PortForward, target: ForwardTarget, socket: Socket): Promise<void> {
  // Nothing may be read before the tunnel listens, or the first bytes of the handshake are lost.
  socket.pause();
  const { namespace, service, port } = target;
  const streams = [socket, null, socket] as const;
  const opened: unknown = await forward.portForwardService(namespace, service, [port], ...streams);
  const tunnel = opened as Tunnel;
  tunnel.onclose = () => socket.destroy();
  tunnel.onerror = () => socket.destroy();
  socket.on('close', () => tunnel.close());
  socket.resume();
}

function reasonOf(error: unknown): string {
  const message = (error as { message?: unknown } | undefined)?.message;
  return typeof message === 'string' && message !== ''
    ? (message.split('\n')[0] ?? '')
    : 'no connection';
}

function listenError(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new UsageError(`port ${port} of this machine is in use; choose another with --port`);
  }
  if (error.code === 'EACCES') {
    return new UsageError(
      `port ${port} needs more rights than you have; choose one above 1023 with --port`,
    );
  }
  return new CliError(`cannot listen on port ${port}: ${error.message}`);
}
