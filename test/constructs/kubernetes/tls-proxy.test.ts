import { createSocket } from 'node:dgram';
import { createServer, type Server } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../../cli/lib/free-port';
import { nginxConf } from '../../../constructs/kubernetes';
import { NOT_ALLOWED } from '../../../constructs/kubernetes/nginx';
import { parseSettings } from '../../../constructs/settings';
import { buildTopology } from '../../../constructs/topology';
import type { TlsMaterial } from '../../../services/shared/tls-server';
import { TlsAuthority } from '../../support/tls-authority';
import { describeWith } from '../../support/tools';

const client = { spiffeId: 'spiffe://vigil/ns/monitoring/sa/a', commonName: 'a.monitoring.svc' };

test('a listener admits its clients, and no one else, on every path', () => {
  const conf = nginxConf({ listeners: [{ port: 9101, upstream: 8080, clients: [client] }] });

  expect(conf).toContain('ssl_verify_client on;');
  expect(conf).toContain('"CN=a.monitoring.svc" 1;');
  expect(conf).toMatch(/location \/ {\n\s+if \(\$allowed_9101 = 0\) { return 403; }/);
  expect(conf).toMatchSnapshot();
});

test('a listener without clients admits no one', () => {
  const conf = nginxConf({ listeners: [{ port: 9101, upstream: 8080, clients: [] }] });

  expect(conf).toMatch(/map \$ssl_client_s_dn \$allowed_9101 {\n\s+default 0;\n\s+}/);
});

test('a server with a login asks for a certificate on the restricted path only', () => {
  const conf = nginxConf({
    listeners: [
      {
        port: 3000,
        upstream: 3001,
        clients: 'anyone',
        restricted: [{ paths: ['/metrics'], clients: [client] }],
      },
    ],
  });

  expect(conf).toContain('ssl_verify_client optional;');
  expect(conf).toMatch(/location = \/metrics {\n\s+if \(\$restricted_3000_0 = 0\) { return 403; }/);
  expect(conf).toMatch(/location \/ {\n\s+proxy_pass/);
});

test('a way out verifies the server’s name and shows our certificate', () => {
  const server = buildTopology(parseSettings({})).component('prometheus');
  const conf = nginxConf({ upstreams: [{ port: 9090, server, serverPort: 9090 }] });

  expect(conf).toContain('listen 127.0.0.1:9090;');
  expect(conf).toContain('proxy_ssl_verify on;');
  expect(conf).toContain('proxy_ssl_name prometheus.monitoring.svc;');
  expect(conf).toMatchSnapshot();
});

describeWith('nginx', 'a real nginx', (bench) => {
  const upstream: Server = createServer((request, response) => {
    if (request.url?.endsWith('?status=403')) response.statusCode = 403;
    void text(request).then((body) =>
      response.end(`${request.method} ${request.url} ${body.length}`),
    );
  });
  /** Lines of the log come here. */
  const logged = createSocket('udp4');
  const lines: { readonly path?: string }[] = [];
  let writer: TlsMaterial;
  let reader: TlsMaterial;
  let stranger: TlsMaterial;
  let port: number;

  beforeAll(async () => {
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => logged.bind(0, '127.0.0.1', resolve));
    logged.on('message', (message) =>
      lines.push(JSON.parse(message.toString().replace(/^[^{]+/, '')) as { path?: string }),
    );
    const authority = await TlsAuthority.create();
    const server = await authority.issue('server');
    writer = await authority.issue('writer');
    reader = await authority.issue('reader');
    stranger = await (await TlsAuthority.create()).issue('writer');
    port = await freePort();
    const identity = (name: string) => ({
      spiffeId: `spiffe://vigil/ns/monitoring/sa/${name}`,
      commonName: `${name}.monitoring.svc`,
    });
    const conf = nginxConf({
      listeners: [
        {
          port,
          upstream: (upstream.address() as AddressInfo).port,
          clients: [],
          maxBodyMiB: 2,
          restricted: [
            { paths: ['/api/push'], methods: ['POST'], clients: [identity('writer')] },
            {
              paths: ['/api/query', '/api/label/'],
              methods: ['GET'],
              clients: [identity('reader')],
            },
          ],
        },
      ],
    });
    const running = bench((seen, scratch) => ({
      'tls/tls.crt': server.cert,
      'tls/tls.key': server.key,
      'tls/ca.crt': server.ca,
      'nginx.conf': conf
        .replaceAll('/etc/vigil/tls/', `${seen}/tls/`)
        .replace('/dev/stdout', `syslog:server=127.0.0.1:${logged.address().port},nohostname`)
        .replaceAll('/tmp/', `${scratch}/`),
    }));
    // Only root would become someone else, whom an image may not know.
    const globals = `daemon off;${process.getuid?.() === 0 ? ' user root root;' : ''}`;
    await running.serveResident(() => [
      ...['-e', 'stderr', '-c', `${running.folder}/nginx.conf`, '-g', globals],
    ]);
    for (let tries = 0; tries < 100; tries += 1) {
      if (await ask(reader, 'GET', '/api/query').catch(() => undefined)) return;
      await delay(100);
    }
    throw new Error('nginx does not answer');
  }, 60_000);

  afterAll(() => {
    upstream.close();
    logged.close();
  });

  function ask(
    { cert, key, ca }: TlsMaterial,
    method: string,
    path: string,
    body?: string,
  ): Promise<{ status?: number; answer: string }> {
    const options = { port, path, method, cert, key, ca: [ca, reader.ca], agent: false };
    return new Promise((resolve, reject) => {
      const request = https.request({ host: 'localhost', ...options }, (response) => {
        const { statusCode: status } = response;
        void text(response).then((answer) => resolve({ status, answer }), reject);
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  test.each([
    ['POST', '/api/push', 'writer'],
    ['GET', '/api/query?query=1', 'reader'],
    ['GET', '/api/label/app/values?start=1', 'reader'],
  ])('%s %s is for the %s alone', async (method, path, who) => {
    const [allowed, other] = who === 'writer' ? [writer, reader] : [reader, writer];

    expect(await ask(allowed, method, path)).toEqual({
      status: 200,
      answer: `${method} ${path} 0`,
    });
    expect(await ask(other, method, path)).toMatchObject({ status: 403 });
    expect(await ask(stranger, method, path)).toMatchObject({ status: 400 });
  });

  test.each([
    ['GET', '/api/push', 'writer'],
    ['POST', '/api/query', 'reader'],
    ['DELETE', '/api/query', 'reader'],
    ['GET', '/flush', 'reader'],
    ['GET', '/api/queryx', 'reader'],
    ['GET', '/api/query/../../flush', 'reader'],
    ['GET', '/api/label/%2e%2e/%2e%2e/flush', 'reader'],
    ['GET', '/api/label/..%2f..%2fflush', 'reader'],
  ])('%s %s is for nobody', async (method, path, who) => {
    expect(await ask(who === 'writer' ? writer : reader, method, path)).toMatchObject({
      status: 403,
    });
  });

  test('what is passed on is the path that was compared', async () => {
    expect(await ask(reader, 'GET', '/flush/..//api/%71uery?a=%2f')).toMatchObject({
      status: 200,
      answer: 'GET /api/query?a=%2f 0',
    });
  });

  test('who is turned away is logged, and no one else', async () => {
    const path = (name: string): string => `/api/label/logged/${name}`;
    await ask(reader, 'GET', path('answered'));
    await ask(reader, 'GET', path('refused-by-the-server?status=403'));
    await ask(writer, 'GET', path('other-identity?token=x'));
    await ask(stranger, 'GET', path('other-authority'));
    const logged = () => lines.filter((line) => line.path?.startsWith(path('')));
    while (logged().length < 2) await delay(20);
    const line = { level: 'warning', msg: NOT_ALLOWED, client: '127.0.0.1', method: 'GET' };

    expect(logged()).toEqual([
      {
        ...line,
        path: path('other-identity'),
        subject: 'CN=writer.monitoring.svc',
        verified: 'SUCCESS',
        status: 403,
      },
      expect.objectContaining({
        ...line,
        path: path('other-authority'),
        verified: expect.stringMatching(/^FAILED:/) as string,
        status: 400,
      }),
    ]);
  });

  test('takes a body up to its bound, and none beyond', async () => {
    const mebibyte = 'x'.repeat(1 << 20);

    expect(await ask(writer, 'POST', '/api/push', mebibyte.repeat(2))).toEqual({
      status: 200,
      answer: `POST /api/push ${2 << 20}`,
    });
    expect(await ask(writer, 'POST', '/api/push', `${mebibyte.repeat(2)}x`)).toMatchObject({
      status: 413,
    });
  });
});
