import { once } from 'node:events';
import https from 'node:https';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import type { VigilConfig } from '../../../constructs/settings';
import { parseSettings } from '../../../constructs/settings';
import { buildTopology, type PlannedLeaf } from '../../../constructs/topology';
import { CONTENT_SECURITY_POLICY, sitePaths } from '../../../constructs/web/site';
import { buildPages } from '../../../pages/build';
import type { TlsMaterial } from '../../../services/shared/tls-server';
import { PodContainers } from '../../support/pod-container';
import { ask, type Answer } from '../../support/request';
import { chartOf, idOf, type RenderedChart } from '../../support/stack';
import { TlsAuthority } from '../../support/tls-authority';
import { describeWithImages } from '../../support/tools';

const topology = buildTopology(parseSettings({}));
const servers = [
  { name: 'apache', game: '2048', exporter: 'apacheExporter', up: 'apache_up' },
  { name: 'nginx', game: 'tic-tac-toe', exporter: 'nginxExporter', up: 'nginx_up' },
] as const;

/** A connection of its own for each request, to this machine. */
const HERE = { host: '127.0.0.1', agent: false } as const;

const leafOf = (component: string): PlannedLeaf => {
  const leaf = topology.plan.leaves.find((one) => one.component === component);
  if (!leaf) throw new Error(`no leaf for ${component}`);
  return leaf;
};

async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await delay(100)) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
  }
  throw new Error(`it did not come: ${what}`);
}

/** A pod of a web server, and those who visit it. */
class Visited {
  private constructor(
    readonly pod: PodContainers,
    readonly ca: string,
    private readonly ports: Readonly<Record<string, number>>,
  ) {}

  static async start(
    name: 'apache' | 'nginx',
    material: TlsMaterial,
    chart: RenderedChart = chartOf(name),
    client: Partial<TlsMaterial> = {},
  ): Promise<Visited> {
    const pod = PodContainers.start(chart, material);
    const ports = Object.fromEntries(
      Object.entries(topology.component(name).ports).map(([key, port]) => [key, pod.port(port)]),
    );
    const visited = new Visited(pod, material.ca, ports);
    await eventually(`${name} answers\n${String(pod.output().stderr)}`, () =>
      visited.get('/', { cert: client.cert, key: client.key }),
    );
    return visited;
  }

  port(name: string): number {
    return this.ports[name] ?? 0;
  }

  options(): https.RequestOptions {
    return { ...HERE, port: this.port('web'), ca: this.ca, servername: 'localhost' };
  }

  get(path: string, options: https.RequestOptions = {}, body?: string): Promise<Answer> {
    return ask({ ...this.options(), path, ...options }, body);
  }

  plain(path: string, host: string): Promise<Answer> {
    return ask({
      ...HERE,
      port: this.port('redirect'),
      path,
      headers: { host },
    });
  }

  /** Sends bytes as they are, over TLS; the answer until the server closes. */
  async raw(bytes: Buffer | string): Promise<string> {
    return exchange(await this.connect(), bytes);
  }

  async connect(): Promise<tls.TLSSocket> {
    const { port, ca, servername } = this.options();
    const socket = tls.connect({ host: '127.0.0.1', port: Number(port), ca, servername });
    await once(socket, 'secureConnect');
    return socket;
  }

  /** Lines of the access log; what is not UTF-8 or not JSON throws. */
  lines(): Record<string, unknown>[] {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(this.pod.output().stdout);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The line of a request with this id. */
  line(requestId: string): Promise<Record<string, unknown>> {
    return eventually(`the line of ${requestId}`, () =>
      Promise.resolve(this.lines().find((line) => line.requestId === requestId)),
    );
  }

  /** The serial number of the certificate that a new connection gets. */
  async serial(): Promise<string> {
    const socket = await this.connect();
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  }
}

async function exchange(socket: net.Socket, bytes: Buffer | string): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.write(bytes);
  await closed(socket);
  return text;
}

/** As the kernel writes a port. */
const hex = (number: number): string => number.toString(16).toUpperCase().padStart(4, '0');

/** However it ends. */
const closed = (socket: net.Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
  });

const FIELDS = [
  'method',
  'path',
  'status',
  'bytes',
  'durationMs',
  'client',
  'userAgent',
  'requestId',
];

describe.each(servers)('$name', ({ name, game, exporter, up }) => {
  describeWithImages([name, exporter], `a real ${name}`, () => {
    let authority: TlsAuthority;
    let server: Visited;
    const page = buildPages()[game];

    beforeAll(async () => {
      authority = await TlsAuthority.create();
      server = await Visited.start(name, await authority.sign(leafOf(name)));
    }, 60_000);
    afterAll(() => server.pod.remove());

    test.each([
      ['/', 'index.html', 'text/html; charset=utf-8'],
      ['/index.html', 'index.html', 'text/html; charset=utf-8'],
      ['/style.css', 'style.css', 'text/css'],
      ['/app.js', 'app.js', 'text/javascript'],
      ['/icon.svg', 'icon.svg', 'image/svg+xml'],
    ] as const)('serves %s', async (path, file, type) => {
      const { status, headers, text } = await server.get(path);

      expect({ status, type: headers['content-type'], text }).toEqual({
        status: 200,
        type,
        text: page[file],
      });
    });

    test('those are all its paths, and every other is not found', async () => {
      expect(sitePaths).toHaveLength(5);
      const others = [
        '/..data/index.html',
        '/index',
        '/index.html/',
        '/app.js.map',
        '/icons/',
        '/cgi-bin/',
        '/server-status',
        '/server-status?auto',
        '/stub_status',
        '/%2e%2e/%2e%2e/etc/passwd',
        '/.htaccess',
      ];
      for (const path of others) {
        const { status } = await server.get(path);
        expect([path, [400, 403, 404].includes(status)]).toEqual([path, true]);
      }
      expect((await server.get('/nothing')).status).toBe(404);
    });

    test('every answer has the headers, whatever its status', async () => {
      for (const [path, status] of [
        ['/', 200],
        ['/nothing', 404],
      ] as const) {
        const { status: got, headers } = await server.get(path);
        expect(got).toBe(status);
        expect(headers).toMatchObject({
          'content-security-policy': CONTENT_SECURITY_POLICY,
          'strict-transport-security': 'max-age=31536000',
          'cache-control': 'no-cache',
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'cross-origin-opener-policy': 'same-origin',
        });
        expect(headers.server).toMatch(/^(Apache|nginx)$/);
        expect(headers).not.toHaveProperty('x-powered-by');
      }
    });

    test('what the browser has is confirmed, not sent again', async () => {
      const { headers } = await server.get('/app.js');
      const again = await server.get('/app.js', {
        headers: { 'if-none-match': String(headers.etag) },
      });

      expect(headers.etag).toMatch(/^"?W?.*"/);
      expect([again.status, again.text]).toEqual([304, '']);
    });

    test.each(['POST', 'PUT', 'DELETE', 'TRACE', 'OPTIONS'])('refuses %s', async (method) => {
      expect((await server.get('/', { method })).status).toBe(405);
    });

    test.each([
      ['TLSv1.1', undefined, false],
      ['TLSv1.2', 'ECDHE-RSA-AES128-GCM-SHA256', true],
      ['TLSv1.2', 'ECDHE-RSA-AES256-SHA384', false],
      ['TLSv1.2', 'AES128-GCM-SHA256', false],
      ['TLSv1.3', undefined, true],
    ] as const)('%s with %s: %s', async (version, ciphers, isTaken) => {
      // What OpenSSL itself refuses today is let through here, so that it is the server that decides.
      const connecting = server.get('/', {
        minVersion: version,
        maxVersion: version,
        ciphers: `${ciphers ?? 'DEFAULT'}:@SECLEVEL=0`,
      });

      if (isTaken) await expect(connecting).resolves.toMatchObject({ status: 200 });
      else await expect(connecting).rejects.toThrow(/alert|handshake/i);
    });

    describe('plain HTTP', () => {
      const target = '//evil.example/a?b=%2F..%00';

      test.each(['localhost', `${name}.web.svc`, `${name}.web.svc.cluster.local`])(
        'under %s leads to HTTPS for good',
        async (host) => {
          for (const header of [host, host.toUpperCase(), `${host}:8080`]) {
            const { status, headers } = await server.plain(target, header);
            expect([status, headers.location]).toEqual([308, `https://${host}${target}`]);
          }
        },
      );

      test.each(['evil.example', '127.0.0.1', 'localhost.evil.example', ''])(
        'under %j leads nowhere',
        async (host) => {
          const { status, headers, text } = await server.plain('/', host);
          expect([status, headers.location]).toEqual([400, undefined]);
          expect(text).not.toContain('evil');
        },
      );

      test('of a target with another host neither', async () => {
        const socket = net.connect(server.port('redirect'), '127.0.0.1');
        const answer = await exchange(
          socket,
          'GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
        );
        expect(answer).toMatch(/^HTTP\/1.1 400 /);
        expect(answer).not.toMatch(/location:/i);
      });

      test('never shows a page', async () => {
        expect((await server.plain('/', 'localhost')).text).not.toContain(page['index.html']);
      });
    });

    describe('the access log', () => {
      test('tells of a request what there is to tell', async () => {
        const { headers } = await server.get('/style.css?a=%20"\\', {
          headers: { 'x-request-id': 'line-1', 'user-agent': 'a "quoted\\" agent' },
        });
        const line = await server.line('line-1');

        expect(Object.keys(line)).toEqual(FIELDS);
        expect(line).toEqual({
          method: 'GET',
          path: '/style.css?a=%20"\\',
          status: 200,
          bytes: Buffer.byteLength(page['style.css']),
          durationMs: expect.any(Number) as number,
          client: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/) as string,
          userAgent: 'a "quoted\\" agent',
          requestId: 'line-1',
        });
        expect(line.durationMs).toBeLessThan(1000);
        expect(headers['x-request-id']).toBe('line-1');
      });

      test('has a line of each probe, 404 and redirect too', async () => {
        const id = { headers: { 'x-request-id': 'line-404' } };
        await server.get('/nothing', id);
        await ask({
          port: server.port('redirect'),
          path: '/x',
          headers: { host: 'localhost', 'x-request-id': 'line-308' },
        });

        expect(await server.line('line-404')).toMatchObject({ path: '/nothing', status: 404 });
        expect(await server.line('line-308')).toMatchObject({ path: '/x', status: 308 });
      });

      test('a request id that is none is replaced, and told to the client', async () => {
        for (const given of ['a b', 'x'.repeat(65), '"}', '']) {
          const { headers } = await server.get('/', { headers: { 'x-request-id': given } });
          const id = String(headers['x-request-id']);
          expect(id).toMatch(/^[\w@-]{20,40}$/);
          expect(await server.line(id)).toMatchObject({ path: '/', status: 200 });
        }
      });

      test('long values are cut', async () => {
        const path = `/${'a'.repeat(2000)}`;
        await server.get(path, {
          headers: { 'x-request-id': 'line-long', 'user-agent': 'b'.repeat(500) },
        });

        expect(await server.line('line-long')).toMatchObject({
          path: path.slice(0, 1024),
          userAgent: 'b'.repeat(256),
        });
      });

      test.each([
        ['a target with bytes', 'GET /a\xff\xc3\x28?x HTTP/1.1', '', '/a'],
        ['a query with bytes', 'GET /?\xe9=../../etc/passwd HTTP/1.1', '', '/?'],
        ['an agent with bytes', 'GET / HTTP/1.1', 'User-Agent: b\xff\xfe() { :;}\r\n', '/'],
        ['an agent with UTF-8', 'GET / HTTP/1.1', 'User-Agent: b\xc3\xa9\r\n', '/'],
        ['an agent with a tab', 'GET / HTTP/1.1', 'User-Agent: b\tc\r\n', '/'],
      ])('%s is refused, and logged up to there', async (title, line, header, path) => {
        const requestId = `hostile-${title.replaceAll(' ', '-')}`;
        const answer = await server.raw(
          Buffer.from(
            `${line}\r\nHost: localhost\r\n${header}X-Request-Id: ${requestId}\r\nConnection: close\r\n\r\n`,
            'latin1',
          ),
        );

        expect(answer).toMatch(/^HTTP\/1.1 400 /);
        expect(await server.line(requestId)).toMatchObject({
          path,
          status: 400,
          userAgent: header ? 'b' : '',
        });
      });

      test('stays JSON, a line for each request, whatever comes', async () => {
        const before = server.lines().length;
        const hostile = [
          'GET /\x01\x7f HTTP/1.1\r\nHost: localhost',
          'G"T\\ / HTTP/1.1\r\nHost: localhost',
          '\xff\xfe\x00',
          'GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: \xff\x0b\x01',
          'GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: \xff"\\\r\nno header',
          'GET /",\\"\\u0000 HTTP/1.1\r\nHost: localhost',
          `GET /${'"'.repeat(3000)} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ${'\\'.repeat(3000)}`,
          `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: localhost`,
          'GET / HTTP/1.1\r\nHost: \xff',
          'GET /\r\n\r\n',
          'GET  / HTTP/1.1\r\nHost: localhost',
          'GET /a b HTTP/1.1\r\nHost: localhost',
          'GET / HTTP/9.9\r\nHost: localhost',
        ];
        for (const request of hostile) {
          await server.raw(Buffer.from(`${request}\r\nConnection: close\r\n\r\n`, 'latin1'));
        }
        const marks = await eventually('all lines', () => {
          const lines = server.lines();
          return Promise.resolve(lines.length >= before + hostile.length ? lines : undefined);
        });

        expect(marks.length - before).toBe(hostile.length);
        for (const line of marks) expect(Object.keys(line)).toEqual(FIELDS);
        const longest = String(server.pod.output().stdout)
          .split('\n')
          .map((line) => Buffer.byteLength(line));
        expect(Math.max(...longest)).toBeLessThan(4095);
      }, 60_000);
    });

    test('a line that is too long, a header that is, and a body are refused', async () => {
      expect((await server.get(`/${'a'.repeat(5000)}`)).status).toBe(414);
      const large = { headers: { cookie: 'c'.repeat(5000) } };
      expect([400, 431]).toContain((await server.get('/', large)).status);
      const posted = await server.get('/', { method: 'POST' }, 'x'.repeat(2000));
      expect([405, 413]).toContain(posted.status);
    });

    test('who sends nothing, or slowly, is sent away', async () => {
      const since = Date.now();
      const silent = server.raw('');
      const slow = (async () => {
        const socket = await server.connect();
        socket.resume();
        socket.write('GET / HTTP/1.1\r\nX: ');
        const drip = setInterval(() => socket.write('a'), 500);
        await closed(socket);
        clearInterval(drip);
      })();
      await Promise.all([silent, slow]);
      expect(Date.now() - since).toBeGreaterThan(5_000);
      expect(Date.now() - since).toBeLessThan(25_000);
    }, 40_000);

    test('its exporter tells Prometheus alone how it is', async () => {
      const scrape = async (client?: TlsMaterial): Promise<Answer> =>
        ask({
          ...HERE,
          port: server.port('metrics'),
          path: '/metrics',
          ca: server.ca,
          servername: 'localhost',
          cert: client?.cert,
          key: client?.key,
        });
      const prometheus = await authority.sign(leafOf('prometheus'));
      const { status, text } = await eventually('the exporter', () => scrape(prometheus));

      expect(status).toBe(200);
      expect(text).toMatch(new RegExp(`^${up} 1$`, 'm'));
      await expect(scrape()).rejects.toThrow();
      await expect(scrape(await authority.sign(leafOf('technician')))).rejects.toThrow();
    });

    test('listens on its ports for everyone, and for the exporter on loopback alone', () => {
      const { web = 0, redirect = 0 } = topology.component(name).ports as Record<string, number>;
      const everyone = [redirect, web].map((number) => `00000000:${hex(number)}`);
      const loopback = server.pod.listening().filter((one) => one.startsWith('0100007F:'));

      expect(loopback).toHaveLength(1);
      // The exporter's own is in another table, of sockets for both families.
      expect(server.pod.listening().sort()).toEqual([...everyone, ...loopback]);
    });
  });

  describeWithImages([name], `the certificate of a real ${name}`, () => {
    const BIG = 24 * 1024 * 1024;
    let authority: TlsAuthority;
    let server: Visited;

    beforeAll(async () => {
      authority = await TlsAuthority.create();
      const chart = withFile(chartOf(name), `ConfigMap web/${name}-page`, 'x'.repeat(BIG));
      server = await Visited.start(name, await authority.sign(leafOf(name)), chart);
    }, 60_000);
    afterAll(() => server.pod.remove());

    test('is renewed under requests and in the middle of a download, and none is lost', async () => {
      const before = await server.serial();
      const failures: string[] = [];
      let answered = 0;
      let stopped = false;
      const visitor = async (): Promise<void> => {
        while (!stopped) {
          await server.get('/').then(
            ({ status }) => (status === 200 ? (answered += 1) : failures.push(String(status))),
            (error: Error) => failures.push(error.message),
          );
        }
      };
      const visitors = Promise.all([visitor(), visitor(), visitor(), visitor()]);
      const download = slowly(server, '/app.js');
      await delay(500);
      const since = Date.now();
      server.pod.renew(await authority.sign(leafOf(name)));
      await eventually('the new certificate', async () =>
        (await server.serial()) === before ? undefined : true,
      );
      const took = Date.now() - since;
      await delay(2_000);
      stopped = true;
      await visitors;

      expect(await download).toBe(BIG);
      expect(failures).toEqual([]);
      expect(answered).toBeGreaterThan(50);
      expect(took).toBeLessThan(8_000);
    }, 60_000);

    test('told to end, it answers what is under way and then ends', async () => {
      const socket = await server.connect();
      let answer = '';
      socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
      socket.write('GET /index.html HTTP/1.1\r\nHost: localhost\r\n');
      await delay(200);
      const ended = server.pod.terminate();
      await eventually('no new connection', () =>
        server.get('/').then(
          () => undefined,
          () => true,
        ),
      );
      expect(server.pod.exitCode()).toBeUndefined();
      socket.write('\r\n');
      await closed(socket);
      await ended;

      expect(answer).toMatch(/^HTTP\/1.1 200 /);
      expect(answer.endsWith(buildPages()[game]['index.html'])).toBe(true);
      expect(server.pod.exitCode()).toBe(0);
    }, 60_000);
  });

  describeWithImages([name], `visitors with certificates of a real ${name}`, () => {
    const config: VigilConfig = { web: { clientCertificates: true } };
    let authority: TlsAuthority;
    let server: Visited;
    let technician: TlsMaterial;

    beforeAll(async () => {
      authority = await TlsAuthority.create();
      technician = await authority.sign(leafOf('technician'));
      const own = await authority.sign(leafOf(name));
      server = await Visited.start(name, own, chartOf(name, config), technician);
    }, 60_000);
    afterAll(() => server.pod.remove());

    const visit = (client?: TlsMaterial): Promise<Answer> =>
      server.get('/', { cert: client?.cert, key: client?.key });

    test.each(['technician', 'blackbox-exporter'])('%s is admitted', async (who) => {
      const answer = await visit(await authority.sign(leafOf(who)));
      expect([answer.status, answer.text]).toEqual([200, buildPages()[game]['index.html']]);
    });

    test.each(['prometheus', 'grafana', 'alloy'])('%s is not', async (who) => {
      expect((await visit(await authority.sign(leafOf(who)))).status).toBe(403);
    });

    test('nobody without a certificate, or with one of another authority', async () => {
      const stranger = await (await TlsAuthority.create()).sign(leafOf('technician'));
      for (const client of [undefined, stranger]) {
        const status = await visit(client).then(
          (answer) => answer.status,
          () => 'refused',
        );
        expect(['refused', 400]).toContain(status);
      }
    });

    test('a new authority is believed as soon as it is mounted', async () => {
      const next = await TlsAuthority.create();
      const newcomer = await next.sign(leafOf('technician'));
      const own = await authority.sign(leafOf(name));
      server.pod.renew({ ...own, ca: `${own.ca}${newcomer.ca}` });
      await eventually('the newcomer', async () =>
        (await visit(newcomer)).status === 200 ? true : undefined,
      );
      expect((await visit(technician)).status).toBe(200);

      server.pod.renew({ ...own, ca: newcomer.ca });
      await eventually('the end of the old authority', () =>
        visit(technician).then(
          ({ status }) => (status === 200 ? undefined : true),
          () => true,
        ),
      );
      expect((await visit(newcomer)).status).toBe(200);
    }, 60_000);
  });
});

/** The chart with an app.js of our own. */
const withFile = (chart: RenderedChart, id: string, text: string): RenderedChart => ({
  ...chart,
  objects: chart.objects.map((object) =>
    idOf(object) === id ? { ...object, data: { ...object.data, 'app.js': text } } : object,
  ),
});

/** Reads an answer over about six seconds, and resolves with its length. */
function slowly(server: Visited, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = https.get({ ...server.options(), path }, (response) => {
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        response.pause();
        setTimeout(() => response.resume(), (6_000 * chunk.length) / (24 * 1024 * 1024));
      });
      response.on('end', () => resolve(length));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}
