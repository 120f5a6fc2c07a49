import type { IncomingMessage } from 'node:http';
import { load, type LoadOptions } from '../../../../bench/lib/router/load';
import { issueCredentials } from '../../../../cli/lib/try/workspace';
import { ROUTER_DOOR } from '../../../../cli/lib/router-api';
import { parseWebhook } from '../../../../services/alert-router/src/alerts/webhook';
import { MutualTlsServer } from '../../../../services/shared/tls-server';

/** A server that answers each hook with the next of the statuses, and keeps the bodies. */
async function withServer(
  statuses: readonly number[],
  work: (options: LoadOptions, bodies: string[]) => Promise<void>,
): Promise<void> {
  const { router, alertmanager } = await issueCredentials();
  const bodies: string[] = [];
  const server = new MutualTlsServer({
    material: router,
    allowedIdentities: () => true,
    handler: async (request, response) => {
      bodies.push(await textOf(request));
      const status = statuses[(bodies.length - 1) % statuses.length] ?? 200;
      // In two pieces and with more bytes than characters, so that the length has to be read.
      const body = '{"ünchanged":0}\n';
      response.writeHead(status, { 'content-length': Buffer.byteLength(body) });
      response.write(body.slice(0, 3));
      setTimeout(() => response.end(body.slice(3)), 1);
    },
  });
  const port = await server.listen(0, '127.0.0.1');
  const { serverName } = ROUTER_DOOR;
  const rest = { connections: 3, seconds: 20, hooks: 50, labels: { category: 'sink' } };
  try {
    await work({ port, serverName, material: alertmanager, ...rest }, bodies);
  } finally {
    await server.close(100);
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

test('posts so many hooks, each about another alert of another group, that the router can read', () =>
  withServer([200], async (options, bodies) => {
    const { hooks, refused } = await load(options);
    expect({ hooks, refused }).toEqual({ hooks: 50, refused: 0 });
    const notifications = bodies.map(parseWebhook);
    const alerts = notifications.flatMap((notification) => notification.alerts);
    expect(alerts).toHaveLength(50);
    expect(new Set(alerts.map(({ fingerprint }) => fingerprint)).size).toBe(50);
    expect(new Set(notifications.map(({ groupKey }) => groupKey)).size).toBe(50);
    expect(alerts.every(({ labels }) => labels.category === 'sink')).toBe(true);
  }));

test('counts what was not answered 200', () =>
  withServer([200, 503], async (options) => {
    const { hooks, refused } = await load({ ...options, connections: 1 });
    expect({ hooks, refused }).toEqual({ hooks: 50, refused: 25 });
  }));

test('ends when its time is over', () =>
  withServer([200], async (options) => {
    const { seconds, hooks } = await load({ ...options, seconds: 0.2, hooks: Infinity });
    expect(seconds).toBeLessThan(10);
    expect(hooks).toBeGreaterThan(0);
  }));

test('a connection that breaks is an error, and no result', async () => {
  await withServer([200], async (options) => {
    const stranger = (await issueCredentials()).alertmanager;
    const untrusted = { ...options.material, cert: stranger.cert, key: stranger.key };
    await expect(load({ ...options, material: untrusted })).rejects.toThrow();
  });
});
