import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { promisify } from 'node:util';
import {
  generateRsaKey,
  issueLeaf,
  issueRoot,
} from '../../../services/certificate-controller/src/issue';
import { secretValue } from '../../../services/certificate-controller/src/kube';
import { parseSigner } from '../../../services/certificate-controller/src/signer';
import { buildServices } from '../../../services/build';
import {
  applied,
  authoritySecret,
  expectConsistent,
  secretOf,
  testLeaf,
  testPlan,
} from '../../support/controller';
import type { FakeApiServer } from '../../support/fake-api-server';
import { ask, type Answer } from '../../support/request';

/** The bundle as the image runs it. */
const BUNDLE = path.join(__dirname, '../../../build/certificate-controller/main.js');
const FLAGS = ['--max-old-space-size=48', '--max-semi-space-size=1'];
const PROMETHEUS = 'spiffe://vigil/ns/monitoring/sa/prometheus';

const plan = testPlan();
let folder: string;
let planFile: string;

beforeAll(async () => {
  await buildServices();
  folder = await mkdtemp(path.join(os.tmpdir(), 'certificate-controller-'));
  planFile = path.join(folder, 'plan.json');
  await writeFile(planFile, JSON.stringify(plan));
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Client {
  readonly cert?: string;
  readonly key?: string;
}

const scrape = (port: number, ca: string, client: Client): Promise<Answer> =>
  ask({ host: 'localhost', port, path: '/metrics', ca, agent: false, ...client });

describe('the bundled process', () => {
  let server: FakeApiServer;
  let child: ChildProcess;
  let port: number;

  /** The next line with this field. */
  async function lineWith(field: string, value?: string): Promise<Record<string, unknown>> {
    const input = child.stdout as NodeJS.ReadableStream;
    for await (const line of readline.createInterface({ input })) {
      const entry = JSON.parse(line) as Record<string, unknown>;
      if (entry[field] === undefined || (value ?? entry[field]) !== entry[field]) continue;
      input.resume();
      return entry;
    }
    throw new Error(`it ended without a line with ${field}`);
  }

  beforeAll(async () => {
    server = await applied(plan);
    const env = {
      KUBECONFIG: server.kubeConfigFile,
      VIGIL_PLAN_FILE: planFile,
      VIGIL_METRICS_PORT: '0',
      VIGIL_METRICS_CLIENTS: PROMETHEUS,
    };
    child = spawn(process.execPath, [...FLAGS, BUNDLE], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    port = Number((await lineWith('port')).port);
  }, 30_000);
  afterAll(async () => {
    child.kill('SIGKILL');
    await server.dispose();
  });

  const material = (component: string): { cert: string; key: string; ca: string } => {
    const namespace = component === 'certificate-controller' ? 'vigil-system' : 'monitoring';
    const secret = secretOf(server, namespace, `${component}-tls`);
    const [cert, key, ca] = ['tls.crt', 'tls.key', 'ca.crt'].map((one) => secretValue(secret, one));
    return { cert: cert ?? '', key: key ?? '', ca: ca ?? '' };
  };

  test('issues everything that the plan asks for', () => {
    expectConsistent(server, plan);
    expect(server.violations).toEqual([]);
  });

  test('serves metrics to the allowed identity', async () => {
    const { status, text } = await scrape(port, material('prometheus').ca, material('prometheus'));
    expect(status).toBe(200);
    expect(text).toContain('vigil_certificate_not_after_seconds{component="loki"}');
    const rss = Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);

    expect(rss / 2 ** 20).toBeLessThan(110);
  });

  test('refuses a client without a certificate', async () => {
    await expect(scrape(port, material('prometheus').ca, {})).rejects.toThrow(
      /certificate required|ECONNRESET|socket hang up/,
    );
  });

  test('refuses a certificate of a foreign CA, even with the right identity', async () => {
    const now = new Date();
    const root = await issueRoot(
      { trustDomain: 'vigil', lifetimeSeconds: 3600, now },
      generateRsaKey,
    );
    const signer = parseSigner(root.certificate, root.key);
    const leaf = testLeaf('prometheus');
    const request = { leaf, lifetimeSeconds: 600, signer, now };
    const { certificate: cert, key } = await issueLeaf(request, generateRsaKey);
    await expect(scrape(port, material('prometheus').ca, { cert, key })).rejects.toThrow(
      /unknown ca|ECONNRESET|socket hang up/,
    );
  });

  test('answers 403 to a certificate of ours with another identity, and logs it', async () => {
    const line = lineWith('msg', 'identity not allowed');
    const { status } = await scrape(port, material('prometheus').ca, material('loki'));
    expect(status).toBe(403);
    expect(await line).toMatchObject({
      level: 'warn',
      service: 'certificate-controller',
      identity: 'spiffe://vigil/ns/monitoring/sa/loki',
      method: 'GET',
      path: '/metrics',
    });
  });

  test('speaks TLS 1.2 at least', async () => {
    const { ca, cert, key } = material('prometheus');
    const old = { cert, key, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' } as Client;
    await expect(scrape(port, ca, old)).rejects.toThrow();
  });

  test('ends with status 0 on SIGTERM', async () => {
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(authoritySecret(server).data).toBeDefined();
  });
});

describe('bad settings end the process with status 2 and one line', () => {
  const run = promisify(execFile);

  const failing = async (
    env: Record<string, string>,
  ): Promise<{ code: number; lines: string[] }> => {
    try {
      await run(process.execPath, [BUNDLE], { env });
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, lines: (stdout + stderr).trim().split('\n') };
    }
    throw new Error('it ended well');
  };

  test.each([
    [
      'a plan that is missing',
      'absent.json',
      undefined,
      /cannot read the certificate plan .*ENOENT/,
    ],
    ['a plan that is not JSON', 'text.json', 'version: 1', /text.json is not JSON/],
    [
      'a plan with a wrong field',
      'wrong.json',
      JSON.stringify({ ...plan, leafLifetimeSeconds: 1 }),
      /leafLifetimeSeconds: .*>=60/,
    ],
  ])('%s', async (_what, name, text, message) => {
    const file = path.join(folder, name);
    if (text !== undefined) await writeFile(file, text);
    const { code, lines } = await failing({ VIGIL_PLAN_FILE: file });
    expect(code).toBe(2);
    expect(lines).toHaveLength(1);
    expect((JSON.parse(lines[0] ?? '') as { msg: string }).msg).toMatch(message);
  });

  test.each([
    ['VIGIL_METRICS_PORT', '99999'],
    ['VIGIL_METRICS_CLIENTS', 'prometheus'],
    ['LOG_LEVEL', 'loud'],
  ])('%s=%s', async (name, value) => {
    const { code, lines } = await failing({ VIGIL_PLAN_FILE: planFile, [name]: value });
    expect(code).toBe(2);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${name}=${value}: `);
  });

  const cluster = { server: 'https://localhost:6443' };
  test.each([
    ['none at all', undefined, /address is http:\/\/localhost:8080, .*KUBECONFIG/],
    ['one that is missing', 'absent.yaml', /cannot read the kubeconfig: ENOENT.*absent.yaml/],
    ['no cluster', {}, /no cluster for its current-context/],
    ['plain HTTP', { server: 'http://localhost' }, /address is http:\/\/localhost, .*https:/],
    [
      'no verification',
      { ...cluster, 'insecure-skip-tls-verify': true },
      /insecure-skip-tls-verify/,
    ],
    ['a proxy', { ...cluster, 'proxy-url': 'http://localhost:3128' }, /proxy-url/],
  ])('a kubeconfig with %s', async (_what, kubeConfig, message) => {
    const env: Record<string, string> = { VIGIL_PLAN_FILE: planFile };
    if (kubeConfig !== undefined) env.KUBECONFIG = path.join(folder, 'absent.yaml');
    if (typeof kubeConfig === 'object') {
      env.KUBECONFIG = path.join(folder, 'kubeconfig');
      await writeFile(env.KUBECONFIG, JSON.stringify(kubeConfigOf(kubeConfig)));
    }
    const { code, lines } = await failing(env);
    expect(code).toBe(2);
    expect(lines).toHaveLength(1);
    expect((JSON.parse(lines[0] ?? '') as { msg: string }).msg).toMatch(message);
  });
});

function kubeConfigOf(cluster: object): object {
  const named = 'server' in cluster;
  return {
    clusters: named ? [{ name: 'c', cluster }] : [],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'c',
  };
}
