import { createHash, type X509Certificate } from 'node:crypto';
import type https from 'node:https';
import tls from 'node:tls';
import { type Browser, chromium, type Page as Tab } from 'playwright-core';
import type { KubeClient } from '../../cli/lib/kube-client';
import { forwardPort, type Forwarding } from '../../cli/lib/port-forward';
import { readSecret } from '../../cli/lib/technician';
import { LOGINS, PAGES, type Component } from '../../constructs/topology';
import { issueLeaf, generateRsaKey } from '../../services/certificate-controller/src/issue';
import { parseSigner } from '../../services/certificate-controller/src/signer';
import { ask, type Answer } from '../support/request';
import { describeWithProgram } from '../support/tools';
import { connect, eventually, openPrometheus, podsOf, topology } from './support/cluster';
import { ourAuthority } from './support/strangers-certificate';

/** A page as people reach it from their machine: through a port-forward. */
interface Page {
  readonly component: Component;
  readonly web: Forwarding;
  readonly redirect: Forwarding;
}

const names = PAGES.map((key) => topology.component(key).name);
const { user, password: passwordRef } = LOGINS.sampleApp;

let client: KubeClient;
let ca: string;
const pages = new Map<string, Page>();

beforeAll(async () => {
  client = await connect();
  for (const component of PAGES.map((key) => topology.component(key))) {
    const forward = (port: string): Promise<Forwarding> =>
      forwardPort(client, {
        namespace: component.namespace,
        service: component.name,
        port: component.ports[port] ?? 0,
      });
    const [web, redirect] = [await forward('web'), await forward('redirect')];
    pages.set(component.name, { component, web, redirect });
  }
  const { namespace, tlsSecret } = topology.component('apache');
  ca = (await readSecret(client, namespace, tlsSecret))?.['ca.crt'] ?? '';
});
afterAll(() => {
  for (const { web, redirect } of pages.values()) {
    web.close();
    redirect.close();
  }
  client.close();
});

function pageOf(name: string): Page {
  const page = pages.get(name);
  if (!page) throw new Error(`no page ${name}`);
  return page;
}

/** Over TLS with the certificate verified for `localhost`, or plain for the port that redirects. */
function visit(
  { web, redirect }: Page,
  path: string,
  options: https.RequestOptions & { readonly plain?: boolean; readonly body?: string } = {},
): Promise<Answer> {
  const { plain, body, ...more } = options;
  const common = { host: '127.0.0.1', path, agent: false, ...more };
  return plain
    ? ask({ ...common, port: redirect.port })
    : ask({ ...common, port: web.port, servername: 'localhost', ca }, body);
}

/** The certificate that a new connection gets, verified. */
function certificateOf({ web }: Page): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', servername: 'localhost', port: web.port, ca };
    const socket = tls.connect(options, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate) resolve(certificate);
      else reject(new Error('no certificate'));
    });
    socket.once('error', reject);
  });
}

/** The lines that the first container of a component's pod has written in the last minute, of those that are JSON. */
async function linesOf({ component }: Page): Promise<Record<string, unknown>[]> {
  const [pod] = await podsOf(client, component);
  const container = pod?.spec?.containers[0]?.name ?? '';
  const text = await client.text(
    `/api/v1/namespaces/${component.namespace}/pods/${pod?.metadata?.name}/log?container=${container}&sinceSeconds=60`,
  );
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe.each(names)('%s', (name) => {
  test('shows its page over TLS, with the headers that protect it', async () => {
    const { status, headers, text } = await visit(pageOf(name), '/');

    expect(status).toBe(200);
    expect(text).toMatch(/^<!doctype html>/i);
    expect(headers).toMatchObject({
      'strict-transport-security': 'max-age=31536000',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'") as string,
    });
  });

  test('refuses TLS 1.1', async () => {
    const asking = visit(pageOf(name), '/', {
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    });
    await expect(asking).rejects.toThrow(/alert|handshake/i);
  });

  test('leads from HTTP to HTTPS, under its own names only', async () => {
    const { dnsName } = pageOf(name).component;
    const ours = await visit(pageOf(name), '/x?y', { plain: true, headers: { host: dnsName } });
    const forged = await visit(pageOf(name), '/', {
      plain: true,
      headers: { host: 'example.com' },
    });

    expect([ours.status, ours.headers.location]).toEqual([308, `https://${dnsName}/x?y`]);
    expect([forged.status, forged.headers.location]).toEqual([400, undefined]);
  });

  test('logs the request, with the id that the client was told', async () => {
    const { headers } = await visit(pageOf(name), '/nothing');
    const requestId = headers['x-request-id'];

    await eventually('the line', 20, async () =>
      (await linesOf(pageOf(name))).some(
        (line) => line.requestId === requestId && line.path === '/nothing' && line.status === 404,
      ),
    );
  });

  test('is watched by Prometheus, from within and from outside', async () => {
    const prometheus = await openPrometheus(client);
    try {
      for (const query of [
        `up{job="${name}"}`,
        `probe_success{job="web-page",component="${name}"}`,
      ]) {
        await eventually(
          query,
          60,
          async () => (await prometheus.query(query))[0]?.value[1] === '1',
        );
      }
    } finally {
      prometheus.close();
    }
  });
});

describe('the login of the sample-app', () => {
  const headers = { 'content-type': 'application/json' };
  const login = (password: string): Promise<Answer> =>
    visit(pageOf('sample-app'), '/login', {
      method: 'POST',
      headers,
      body: JSON.stringify({ username: user, password }),
    });

  test('takes the generated password', async () => {
    const secret = await readSecret(client, passwordRef.namespace, passwordRef.secret);
    const password = secret?.[passwordRef.key] ?? '';

    expect(password).toHaveLength(32);
    expect((await login(password)).status).toBe(200);
  });

  test('refuses another with 401, and logs who tried', async () => {
    const answer = await login('wrong');
    const { requestId } = JSON.parse(answer.text) as { requestId: string };

    expect(answer.status).toBe(401);
    await eventually('the warning', 20, async () =>
      (await linesOf(pageOf('sample-app'))).some(
        (line) =>
          line.requestId === requestId &&
          line.msg === 'Failed login attempt' &&
          line.level === 'WARNING' &&
          line.user === user,
      ),
    );
  });
});

describeWithProgram('chromium', 'the games in a browser', (executablePath) => {
  const complaints: string[] = [];
  let browser: Browser;

  beforeAll(async () => {
    // It takes exactly the keys whose certificates were verified with our authority just now.
    const certificates = await Promise.all(['apache', 'nginx'].map(pageOf).map(certificateOf));
    const keys = certificates.map(({ publicKey }) =>
      createHash('sha256')
        .update(publicKey.export({ type: 'spki', format: 'der' }))
        .digest('base64'),
    );
    browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-dev-shm-usage',
        `--ignore-certificate-errors-spki-list=${keys.join(',')}`,
      ],
    });
  });
  afterAll(() => browser.close());

  async function visit(name: string): Promise<Tab> {
    const tab = await (await browser.newContext()).newPage();
    tab.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    tab.on('pageerror', (error) => complaints.push(String(error)));
    tab.on('response', (response) => {
      if (!response.ok()) complaints.push(`${response.status()} for ${response.url()}`);
    });
    await tab.goto(`https://localhost:${pageOf(name).web.port}/`);
    return tab;
  }

  const boardOf = (tab: Tab): Promise<string[]> => tab.getByRole('gridcell').allTextContents();

  test('2048 is played with the arrow keys', async () => {
    const tab = await visit('apache');
    const before = await boardOf(tab);
    expect(before).toHaveLength(16);
    expect(before.filter((cell) => cell !== 'empty')).toHaveLength(2);
    const boards = new Set([before.join()]);
    for (const key of ['ArrowLeft', 'ArrowDown', 'ArrowRight', 'ArrowUp', 'ArrowLeft']) {
      await tab.keyboard.press(key);
      boards.add((await boardOf(tab)).join());
    }

    expect(boards.size).toBeGreaterThan(3);
    expect(complaints.splice(0)).toEqual([]);
  });

  test('Tic-Tac-Toe is played by two', async () => {
    const tab = await visit('nginx');
    await tab.getByRole('radio', { name: 'a second player' }).check();
    for (const cell of [0, 3, 1, 4, 2]) await tab.getByRole('gridcell').nth(cell).click();

    expect((await boardOf(tab)).slice(0, 5)).toEqual(['X', 'X', 'X', 'O', 'O']);
    expect(await tab.getByRole('status').textContent()).toMatch(/X wins!/);
    expect(complaints.splice(0)).toEqual([]);
  });
});

test('certificates are renewed under requests, and none is lost', async () => {
  const before = new Map<string, string>();
  for (const [name, page] of pages) before.set(name, (await certificateOf(page)).serialNumber);
  const failures: string[] = [];
  let answered = 0;
  let running = true;
  const visitor = async (name: string): Promise<void> => {
    while (running) {
      await visit(pageOf(name), '/').then(
        ({ status }) =>
          status === 200 ? (answered += 1) : failures.push(`${name} answered ${status}`),
        (error: Error) => failures.push(`${name}: ${error.message}`),
      );
    }
  };
  const visitors = Promise.all(names.map(visitor));
  await Promise.all(names.map((name) => age(pageOf(name).component)));
  try {
    await eventually('every page shows a new certificate', 240, async () => {
      const now = await Promise.all(names.map(async (name) => certificateOf(pageOf(name))));
      return now.every(
        (certificate, index) =>
          certificate.serialNumber !== before.get(names[index] ?? '') && isFresh(certificate),
      );
    });
  } finally {
    running = false;
    await visitors;
  }

  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(100);
});

const isFresh = (certificate: X509Certificate): boolean =>
  Date.now() - certificate.validFromDate.getTime() < 300_000;

/** Puts a good certificate in the place of a component's, past two thirds of its life: the controller renews it. */
async function age({ name, namespace, tlsSecret }: Component): Promise<void> {
  const leaf = topology.plan.leaves.find(({ component }) => component === name);
  if (!leaf) throw new Error(`no leaf for ${name}`);
  const authority = await ourAuthority(client);
  const signer = parseSigner(authority.certificate, authority.key);
  const now = new Date(Date.now() - 50 * 60_000);
  const old = await issueLeaf({ leaf, lifetimeSeconds: 3600, signer, now }, generateRsaKey);
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  await client.merge(
    { apiVersion: 'v1', kind: 'Secret', namespace, name: tlsSecret },
    { data: { 'tls.crt': base64(old.certificate), 'tls.key': base64(old.key) } },
  );
}
