import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { closeServer, listen } from '../../../services/shared/listening';

test('a port that is taken is an error', async () => {
  const first = http.createServer();
  const port = await listen(first, 0, '127.0.0.1');
  await expect(listen(http.createServer(), port, '127.0.0.1')).rejects.toThrow('EADDRINUSE');
  await closeServer(first, 1_000);
});

test('a request under way is ended, and its connection with it', async () => {
  const server = http.createServer((_request, response) => {
    setTimeout(() => response.end('late'), 200);
  });
  const port = await listen(server, 0, '127.0.0.1');
  const agent = new http.Agent({ keepAlive: true });
  const answer = new Promise<http.IncomingMessage>((resolve) => {
    http.get({ host: '127.0.0.1', port, agent }, resolve);
  });
  await once(server, 'request');
  const since = performance.now();
  await closeServer(server, 30_000);
  expect((await answer).statusCode).toBe(200);
  expect(performance.now() - since).toBeLessThan(4_000);
  agent.destroy();
});

test('a connection that never says anything does not hold up the end of a TLS server', async () => {
  const server = https.createServer();
  const port = await listen(server, 0, '127.0.0.1');
  const silent = net.connect(port, '127.0.0.1');
  await once(server, 'connection');
  const since = performance.now();
  await closeServer(server, 100);
  expect(performance.now() - since).toBeLessThan(4_000);
  silent.destroy();
});
