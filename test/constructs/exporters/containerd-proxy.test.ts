import { once } from 'node:events';
import { existsSync } from 'node:fs';
import http2 from 'node:http2';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { containerdProxyConf } from '../../../constructs/exporters/containerd-proxy';
import { describeWith } from '../../support/tools';

const { HTTP2_HEADER_METHOD: METHOD, HTTP2_HEADER_PATH: PATH } = http2.constants;
const { HTTP2_HEADER_STATUS: STATUS } = http2.constants;

describeWith('nginx', 'the proxy before containerd', (bench) => {
  let door: string;
  /** Paths that arrived, with their bodies. */
  const called: string[] = [];
  const containerd = http2.createServer();

  beforeAll(async () => {
    const { path, folder, serveResident } = bench((seen, scratch) => ({
      'nginx.conf': containerdProxyConf(`${seen}/door.sock`, `${seen}/containerd.sock`).replaceAll(
        '/tmp/',
        `${scratch}/`,
      ),
    }));
    containerd.on('stream', (stream, headers) => {
      let body = '';
      stream.on('data', (chunk: Buffer) => (body += chunk.toString()));
      stream.on('end', () => {
        called.push(`${String(headers[PATH])} ${body}`);
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc' },
          { waitForTrailers: true },
        );
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end(`answer to ${body}`);
      });
    });
    containerd.listen(join(path, 'containerd.sock'));
    await once(containerd, 'listening');
    door = join(path, 'door.sock');
    // Only root would become someone else, whom an image may not know.
    const globals = `daemon off;${process.getuid?.() === 0 ? ' user root root;' : ''}`;
    await serveResident(() => ['-e', 'stderr', '-c', `${folder}/nginx.conf`, '-g', globals]);
    while (!existsSync(door)) await delay(50);
  }, 30_000);
  afterAll(() => containerd.close());

  /** One call, as gRPC makes it. */
  async function call(
    path: string,
    headers: http2.OutgoingHttpHeaders = { 'containerd-namespace': 'k8s.io' },
  ): Promise<{ readonly status: unknown; readonly text: string; readonly grpcStatus: unknown }> {
    const session = http2.connect('http://localhost', { createConnection: () => connect(door) });
    try {
      const stream = session.request({
        [METHOD]: 'POST',
        [PATH]: path,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      });
      let text = '';
      let grpcStatus: unknown;
      let status: unknown;
      stream.on('response', (answer) => (status = answer[STATUS]));
      stream.on('trailers', (trailers: http2.IncomingHttpHeaders) => {
        grpcStatus = trailers['grpc-status'];
      });
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      stream.end('which');
      await once(stream, 'end');
      return { status, text, grpcStatus };
    } finally {
      session.close();
    }
  }

  test.each(['containers.v1.Containers/Get', 'tasks.v1.Tasks/Get', 'version.v1.Version/Version'])(
    'lets %s pass, there and back',
    async (method) => {
      const path = `/containerd.services.${method}`;
      expect(await call(path)).toEqual({ status: 200, text: 'answer to which', grpcStatus: '0' });
      expect(called.at(-1)).toBe(`${path} which`);
    },
  );

  test.each([
    '/containerd.services.containers.v1.Containers/Create',
    '/containerd.services.containers.v1.Containers/List',
    '/containerd.services.tasks.v1.Tasks/Exec',
    '/containerd.services.tasks.v1.Tasks/Get/../Exec',
    '/containerd.services.tasks.v1.Tasks/get',
    '/runtime.v1.RuntimeService/ExecSync',
    '/',
  ])('refuses %s', async (path) => {
    const count = called.length;
    expect(await call(path)).toMatchObject({ status: 403 });
    expect(called).toHaveLength(count);
  });

  test.each([[{}], [{ 'containerd-namespace': 'moby' }]])(
    'refuses containers that are not Kubernetes’: %j',
    async (headers) => {
      const count = called.length;
      expect(
        await call('/containerd.services.containers.v1.Containers/Get', headers),
      ).toMatchObject({
        status: 403,
      });
      expect(called).toHaveLength(count);
    },
  );
});
