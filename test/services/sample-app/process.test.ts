import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import type net from 'node:net';
import path from 'node:path';
import readline from 'node:readline';
import { bundleService } from '../../../services/build';
import type { RunningApp } from '../../../services/sample-app/src/serve';
import type { TlsMaterial } from '../../../services/shared/tls-server';
import { TlsAuthority } from '../../support/tls-authority';
import { ask } from '../../support/request';
import { AppFiles, eventually, type Line } from './support';

const MIB = 2 ** 20;
const files = new AppFiles();
const bundle = path.join(files.folder, 'main.js');
const DOCKERFILE = readFileSync(
  path.join(__dirname, '../../../services/sample-app/Dockerfile'),
  'utf8',
);
/** What the image gives to node: flags, and variables of the environment. */
const ENTRYPOINT = JSON.parse(/ENTRYPOINT (\[.*\])/.exec(DOCKERFILE)?.[1] ?? '') as string[];
const FLAGS = ENTRYPOINT.filter((one) => one.startsWith('--'));
const ENV = Object.fromEntries(
  Array.from(
    DOCKERFILE.matchAll(/^ENV (\w+)=(.*)$/gm),
    ([, name = '', value = '']) => [name, value] as const,
  ),
);

let material: TlsMaterial;
let prometheus: TlsMaterial;

beforeAll(async () => {
  await bundleService('sample-app', bundle);
  const authority = await TlsAuthority.create();
  material = await authority.issue('sample-app');
  prometheus = await authority.issue('prometheus');
  files.writeTls(material);
  files.writePassword();
}, 60_000);
afterAll(() => files.remove());

interface Started {
  readonly child: ChildProcess;
  readonly lines: Line[];
  readonly port: number;
  readonly metricsPort: number;
}

async function start(): Promise<Started> {
  const child = spawn(process.execPath, [...FLAGS, bundle], {
    env: { ...ENV, ...files.environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: Line[] = [];
  const output = readline.createInterface({ input: child.stdout as NodeJS.ReadableStream });
  output.on('line', (line) => lines.push(JSON.parse(line) as Line));
  const line = await eventually(() => lines.find(({ msg }) => msg === 'listening'));
  const { public: port, metrics: metricsPort } = line.ports as RunningApp['ports'];
  return { child, lines, port, metricsPort };
}

const options = (port: number): https.RequestOptions => {
  const { ca } = material;
  return { host: '127.0.0.1', servername: 'localhost', port, ca, agent: false };
};

describe('the bundled process', () => {
  let app: Started;
  beforeAll(async () => {
    app = await start();
  }, 30_000);
  afterAll(() => void app.child.kill('SIGKILL'));

  const residentMib = async (): Promise<number> => {
    const { cert, key } = prometheus;
    const { text } = await ask({ ...options(app.metricsPort), path: '/metrics', cert, key });
    return Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)?.[1]) / MIB;
  };

  test('serves in little memory, and needs no more after logins', async () => {
    for (let round = 0; round < 20; round += 1) {
      expect((await ask({ ...options(app.port), path: '/' })).status).toBe(200);
    }
    const before = await residentMib();
    // 67 on a quiet machine, most of it Node itself; a busy one collects garbage later.
    expect(before).toBeLessThan(80);
    const method = 'POST';
    const headers = { 'content-type': 'application/json' };
    const attempt = { ...options(app.port), path: '/login', method, headers };
    for (let round = 0; round < 6; round += 1) {
      expect((await ask(attempt, '{"username":"ada","password":"x"}')).status).toBe(401);
    }
    expect(await residentMib()).toBeLessThan(before + 10);
  }, 20_000);

  test('at SIGTERM it takes nothing more, ends what is under way, and exits with 0', async () => {
    const body = '{"username":"ada","password":"wrong"}';
    const headers = {
      'content-type': 'application/json',
      'content-length': body.length,
      'x-request-id': 'last-1',
    };
    const request = https.request({
      ...options(app.port),
      path: '/login',
      method: 'POST',
      headers,
    });
    const answered = once(request, 'response') as Promise<[{ statusCode: number }]>;
    // Should the test fail before it is answered, that must not end the whole run.
    answered.catch(() => undefined);
    request.on('error', () => undefined);
    request.write(body.slice(0, 10));
    const [socket] = (await once(request, 'socket')) as [net.Socket];
    await once(socket, 'secureConnect');
    await ask({ ...options(app.port), path: '/' });
    const exited = once(app.child, 'exit');
    const since = Date.now();
    app.child.kill('SIGTERM');
    await eventually(() => app.lines.some(({ msg }) => msg === 'shutting down'));
    // Until the listener is closed a connection may still be taken, and reset.
    await eventually(() =>
      ask({ ...options(app.port), path: '/' }).then(
        () => false,
        ({ message }: Error) => message.includes('ECONNREFUSED'),
      ),
    );
    request.end(body.slice(10));
    expect((await answered)[0].statusCode).toBe(401);
    expect(await exited).toEqual([0, null]);
    expect(Date.now() - since).toBeLessThan(10_000);
    const last = app.lines.filter(({ requestId }) => requestId === 'last-1');
    // Both are there, whichever came first; the access log's has no message.
    expect(last.map(({ msg }) => msg).sort()).toEqual(['Failed login attempt', undefined]);
  }, 20_000);
});

describe('bad settings end the process with status 2 and one line', () => {
  const failing = (changes: NodeJS.ProcessEnv): { status: number | null; lines: string[] } => {
    const env = { ...files.environment, ...changes };
    const { status, stdout, stderr } = spawnSync(process.execPath, [bundle], {
      env,
      encoding: 'utf8',
      timeout: 20_000,
    });
    return { status, lines: (stdout + stderr).trim().split('\n') };
  };

  test.each([
    ['PUBLIC_PORT', '99999'],
    ['REDIRECT_PORT', ''],
    ['METRICS_PORT', 'http'],
    ['METRICS_CLIENTS', 'spiffe://vigil/ns/monitoring/sa/prometheus,prometheus'],
    ['PUBLIC_CLIENTS', ''],
    ['PUBLIC_CLIENTS', 'technician'],
    ['USER_NAME', ''],
    ['TRUST_PROXY', 'true'],
    ['LOG_LEVEL', 'loud'],
  ])('%s=%s', (name, value) => {
    const { status, lines } = failing({ [name]: value });
    expect(status).toBe(2);
    expect(lines).toHaveLength(1);
    const line = JSON.parse(lines[0] ?? '') as Line;
    expect(line.level).toBe('FATAL');
    expect(line.msg).toContain(`${name}=${value}: `);
  });

  test.each([
    ['no certificate', { TLS_DIRECTORY: '/nowhere' }, /^\/nowhere: ENOENT/],
    ['a password that cannot be read', { PASSWORD_FILE: files.folder }, /EISDIR/],
  ])('%s', (_what, changes, message) => {
    const { status, lines } = failing(changes);
    expect(status).toBe(2);
    expect(lines).toHaveLength(1);
    expect((JSON.parse(lines[0] ?? '') as Line).msg).toMatch(message);
  });
});
