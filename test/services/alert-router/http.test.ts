import { once } from 'node:events';
import https from 'node:https';
import tls from 'node:tls';
import fc from 'fast-check';
import { Acceptor } from '../../../services/alert-router/src/accept/acceptor';
import type { ConfigSource, Snapshot } from '../../../services/alert-router/src/config/snapshot';
import { machineRoutes } from '../../../services/alert-router/src/http/endpoints';
import { json } from '../../../services/alert-router/src/http/routes';
import { RouterServer } from '../../../services/alert-router/src/http/server';
import { RouterMetrics } from '../../../services/alert-router/src/metrics';
import { Store } from '../../../services/alert-router/src/store/store';
import { StoreUnavailable } from '../../../services/alert-router/src/store/errors';
import { systemClock } from '../../../services/shared/clock';
import { createLogger } from '../../../services/shared/logger';
import type { TlsMaterial } from '../../../services/shared/tls-server';
import { identityOf, TestAuthority } from './authority';
import { TestClient, webhookBody } from './client';
import { testConfig } from './router-process';
import { alertOf, quiet, resolved, storeOptions } from './support';

const WEBHOOK = '/api/v1/webhook';
const names = ['alert-router', 'alertmanager', 'prometheus', 'technician', 'grafana'] as const;
type Name = (typeof names)[number];

let leaves: Record<Name, TlsMaterial>;
let authority: TestAuthority;
beforeAll(async () => {
  authority = await TestAuthority.create();
  const issued = await Promise.all(
    names.map(async (name) => [name, await authority.issue(name)] as const),
  );
  leaves = Object.fromEntries(issued) as typeof leaves;
}, 60_000);

/** A configuration that a test may change. */
class TestSource implements ConfigSource {
  private listener: ((snapshot: Snapshot) => void) | undefined;
  current: Snapshot = { config: testConfig(), credentials: new Map(), revision: 1 };

  onChange(listener: (snapshot: Snapshot) => void): void {
    this.listener = listener;
  }

  change(config: Snapshot['config']): void {
    this.current = { ...this.current, config };
    this.listener?.(this.current);
  }
}

let source: TestSource;
let store: Store;
let metrics: RouterMetrics;
let server: RouterServer;
let port: number;
let woken: string[];
let truncated: number;
let output: string[];
let beat: () => Promise<void>;
const clients = new Map<Name, TestClient>();
const as = (name: Name): TestClient => {
  const client = clients.get(name) ?? new TestClient(port, leaves[name]);
  clients.set(name, client);
  return client;
};

beforeEach(async () => {
  source = new TestSource();
  store = new Store(storeOptions({ clock: systemClock }));
  metrics = new RouterMetrics();
  metrics.attach(() => store.readings());
  woken = [];
  truncated = 0;
  output = [];
  beat = () => Promise.resolve();
  const acceptor = new Acceptor({
    store,
    source,
    metrics,
    wake: (destinations) => woken.push(...destinations),
    truncated: () => (truncated += 1),
  });
  const accept = acceptor.accept.bind(acceptor);
  server = new RouterServer({
    material: leaves['alert-router'],
    clients: () => source.current.config.clients,
    clock: systemClock,
    logger: createLogger('alert-router', 'warn', { write: (line) => void output.push(line) }),
    metrics,
    routes: [
      ...machineRoutes({ accept, beat: () => beat(), metrics, logger: quiet }),
      { method: 'GET', path: '/', audience: ['people'], handle: () => json(200, 'page') },
      {
        method: 'GET',
        path: '/api/v1/deliveries/',
        audience: ['people'],
        handle: ({ path, query }) => json(200, [path, query.get('q')]),
      },
    ],
  });
  port = await server.listen(0, '127.0.0.1');
});
afterEach(async () => {
  for (const client of clients.values()) client.close();
  clients.clear();
  await server.close(1000);
  expect(store.discrepancies()).toEqual([]);
  await store.close();
});

test('what is answered 200 is stored', async () => {
  const body = webhookBody([alertOf('a'), resolved(alertOf('b'))], { truncatedAlerts: 2 });
  const { status, body: text } = await as('alertmanager').post(WEBHOOK, body);
  expect([status, JSON.parse(text)]).toEqual([200, { accepted: 2, unchanged: 0 }]);
  expect(store.pending('general', 10).map(({ kind }) => kind)).toEqual(['firing', 'resolved']);
  expect(woken).toEqual(['general']);
  expect(truncated).toBe(1);
  const { body: scraped } = await as('prometheus').get('/metrics');
  expect(scraped).toContain('alert_router_webhook_requests_total{code="200"} 1');
  expect(scraped).toContain('alert_router_webhook_requests_total{code="503"} 0');
  expect(scraped).toContain('alert_router_alerts_accepted_total{status="resolved"} 1');
  expect(scraped).toContain('alert_router_truncated_alerts_total 2');
  expect(scraped).toContain('alert_router_outbox_rows{state="pending",destination="general"} 2');
  expect(scraped).toContain('alert_router_ack_seconds_count 1');
  expect(scraped).toMatch(/^alert_router_store_bytes [1-9]/m);
});

test('a scrape tells which alerts fire, by what they are about', async () => {
  const labels = { alertname: 'A', severity: 'critical', category: 'log', service: 'shop' };
  const alerts = ['1', '2', '3'].map((pod) => alertOf(pod, { labels: { ...labels, pod } }));
  await as('alertmanager').post(WEBHOOK, webhookBody([...alerts, alertOf('bare')]));
  await as('alertmanager').post(WEBHOOK, webhookBody([resolved(alerts[0] ?? alertOf('1'))]));
  const { body } = await as('prometheus').get('/metrics');
  expect(body.match(/^alert_router_alerts_firing{.*/gm)?.sort()).toEqual([
    'alert_router_alerts_firing{alertname="A",severity="critical",category="log",service="shop"} 2',
    'alert_router_alerts_firing{alertname="bare",severity="warning",category="",service=""} 1',
  ]);
});

test('two Alertmanagers that send the same group are one delivery', async () => {
  const start = Date.now();
  const twin = (delay: number): object =>
    webhookBody([{ ...alertOf('a'), startsAt: start + delay }], {
      externalURL: `https://${delay}`,
    });
  const answers = await Promise.all(
    [0, 20_000, 0, 20_000].map((delay) => as('alertmanager').post(WEBHOOK, twin(delay))),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(store.pending('general', 10)).toHaveLength(1);
  expect(await metrics.text()).toContain('alert_router_alerts_unchanged_total 3');
});

test('a new configuration counts from the next alert on', async () => {
  await as('alertmanager').post(WEBHOOK, webhookBody([alertOf('a')]));
  const destinations = { ...testConfig().destinations, hook: { kind: 'webhook' as const } };
  source.change(testConfig({ destinations, route: { destinations: ['hook'], routes: [] } }));
  await as('alertmanager').post(WEBHOOK, webhookBody([alertOf('a')]));
  expect(woken).toEqual(['general', 'hook']);
});

test.each([
  ['alertmanager', 'POST', WEBHOOK, 400],
  ['alertmanager', 'POST', '/api/v1/heartbeat', 400],
  ['alertmanager', 'GET', '/metrics', 403],
  ['alertmanager', 'GET', '/', 403],
  ['prometheus', 'GET', '/metrics', 200],
  ['prometheus', 'POST', WEBHOOK, 403],
  ['technician', 'GET', '/', 200],
  ['technician', 'GET', '/?x=1', 200],
  ['technician', 'GET', '/metrics', 200],
  ['technician', 'GET', '/api/v1/deliveries/7?q=a', 200],
  ['technician', 'POST', WEBHOOK, 403],
  ['technician', 'GET', '/etc/passwd', 404],
  ['technician', 'DELETE', '/', 405],
  ['technician', 'GET', WEBHOOK, 405],
  ['grafana', 'GET', '/', 403],
  ['grafana', 'GET', '/unknown', 403],
] as const)('%s: %s %s is answered %d', async (name, method, path, expected) => {
  const { status, headers } = await as(name).request(method, path);
  expect(status).toBe(expected);
  if (status === 405) expect(headers.allow).toBe(path === '/' ? 'GET' : 'POST');
});

test('whoever is refused at the webhook is counted, because Alertmanager does not come again', async () => {
  await as('grafana').post(WEBHOOK, webhookBody([alertOf('a')]));
  await as('prometheus').post(WEBHOOK, webhookBody([alertOf('a')]));
  expect(await metrics.text()).toContain('alert_router_webhook_requests_total{code="403"} 2');
});

test.each([
  ['prometheus', 'POST', WEBHOOK],
  ['technician', 'POST', WEBHOOK],
  ['alertmanager', 'GET', '/?x=1'],
  ['grafana', 'GET', '/metrics'],
] as const)('%s, refused at %s %s, is logged once', async (name, method, path) => {
  await as(name).request(method, path);
  expect(output.map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({
      level: 'warn',
      msg: 'identity not allowed',
      identity: identityOf(name),
      client: '127.0.0.1',
      method,
      path,
    }),
  ]);
});

test('who may ask, and for what is not there, is no refusal', async () => {
  await as('alertmanager').post(WEBHOOK, webhookBody([alertOf('a')]));
  await as('technician').get('/unknown');
  expect(output).toEqual([]);
});

test('of large bodies one is worked on at a time; small ones go on beside it', async () => {
  let finish = (): void => undefined;
  beat = () => new Promise((resolve) => (finish = resolve));
  const client = as('alertmanager');
  const large = webhookBody([], { padding: 'x'.repeat(5 * 2 ** 20) });
  const first = client.post('/api/v1/heartbeat', large);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect((await client.post(WEBHOOK, large)).status).toBe(503);
  expect((await client.post(WEBHOOK, webhookBody([alertOf('a')]))).status).toBe(200);
  finish();
  expect((await first).status).toBe(200);
  expect((await client.post(WEBHOOK, large)).status).toBe(200);
});

test('a client without a certificate has no connection', async () => {
  const request = https.get({
    host: 'localhost',
    port,
    path: '/',
    ca: leaves.grafana.ca,
    agent: false,
  });
  const [error] = (await once(request, 'error')) as [Error];
  expect(error.message).toMatch(/certificate required|ECONNRESET|socket hang up/);
});

test('a heartbeat that cannot be stored is 503, as is whatever else fails on our side', async () => {
  const body = webhookBody([alertOf('Watchdog')]);
  expect((await as('alertmanager').post('/api/v1/heartbeat', body)).status).toBe(200);
  beat = () => Promise.reject(new StoreUnavailable('the disk is full'));
  const { status, headers } = await as('alertmanager').post('/api/v1/heartbeat', body);
  expect([status, headers['retry-after']]).toEqual([503, '5']);
  expect(store.pending('general', 10)).toEqual([]);
});

test('a closed store is 503', async () => {
  await store.close();
  const { status, headers } = await as('alertmanager').post(WEBHOOK, webhookBody([alertOf('a')]));
  expect([status, headers['retry-after']]).toEqual([503, '5']);
  store = new Store(storeOptions());
});

test('what takes too long is 503 within seconds', async () => {
  beat = () => new Promise(() => undefined);
  const start = performance.now();
  const { status } = await as('alertmanager').post('/api/v1/heartbeat', webhookBody([]));
  expect(status).toBe(503);
  expect(performance.now() - start).toBeLessThan(6_000);
}, 10_000);

test('a body of 30 MiB is taken, one of more than 32 MiB is refused, and the next is taken', async () => {
  const big = (mebibytes: number): object =>
    webhookBody([alertOf('a')], {
      commonAnnotations: { padding: 'x'.repeat(mebibytes * 2 ** 20) },
    });
  expect((await as('alertmanager').post(WEBHOOK, big(30))).status).toBe(200);
  expect((await as('alertmanager').post(WEBHOOK, big(33))).status).toBe(413);
  expect((await as('alertmanager').post(WEBHOOK, big(0))).status).toBe(200);
}, 30_000);

test('many bodies at once are bounded by memory: those over it are told to come again', async () => {
  const body = webhookBody([], { padding: 'x'.repeat(20 * 2 ** 20) });
  const client = as('alertmanager');
  const answers = await Promise.all(Array.from({ length: 8 }, () => client.post(WEBHOOK, body)));
  const codes = new Set(answers.map(({ status }) => status));
  expect([...codes].sort()).toEqual([200, 503]);
  expect((await client.post(WEBHOOK, webhookBody([]))).status).toBe(200);
}, 30_000);

test('while it shuts down, nothing is taken and what runs ends', async () => {
  let finish = (): void => undefined;
  beat = () => new Promise((resolve) => (finish = resolve));
  const running = as('alertmanager').post('/api/v1/heartbeat', webhookBody([]));
  await new Promise((resolve) => setTimeout(resolve, 100));
  server.drain();
  expect((await as('alertmanager').post(WEBHOOK, webhookBody([]))).status).toBe(503);
  const closed = server.close(5_000);
  finish();
  expect((await running).status).toBe(200);
  await closed;
  await expect(as('technician').get('/')).rejects.toThrow(/ECONNREFUSED/);
});

test('a connection stays while Alertmanager keeps it, and malformed HTTP ends it', async () => {
  const { headers } = await as('alertmanager').post(WEBHOOK, webhookBody([]));
  expect(headers['keep-alive']).toBe('timeout=330');
  const socket = tls.connect({ port, host: 'localhost', ...leaves.alertmanager });
  await once(socket, 'secureConnect');
  socket.write('HELLO\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 400 /);
});

test('a certificate is renewed under load without a failed request', async () => {
  const fresh = await authority.issue('alert-router');
  const client = as('alertmanager');
  let renewed = 0;
  const codes: number[] = [];
  const post = async (lane: number): Promise<void> => {
    for (let index = 0; index < 40; index += 1) {
      const { status } = await client.post(WEBHOOK, webhookBody([alertOf(`${lane}-${index}`)]));
      codes.push(status);
      if (index % 10 === 0 && lane === 0) {
        server.update(renewed % 2 === 0 ? fresh : leaves['alert-router']);
        renewed += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: 16 }, (_, lane) => post(lane)));
  expect(codes).toHaveLength(640);
  expect(new Set(codes)).toEqual(new Set([200]));
  expect(renewed).toBe(4);
  expect(store.totals().get('general')?.accepted).toBe(640);
  server.update(fresh);
  const socket = tls.connect({ port, host: 'localhost', ...leaves.alertmanager });
  await once(socket, 'secureConnect');
  const shown = socket.getPeerX509Certificate()?.toString();
  socket.destroy();
  expect(fresh.cert.replace(/\s/g, '')).toContain(shown?.replace(/\s/g, ''));
}, 30_000);

test('whatever the body: 200 for version 4, else 400, and nothing else', async () => {
  const anything = fc.jsonValue({ maxDepth: 3 });
  const alertLike = fc.record(
    {
      status: anything,
      labels: fc.dictionary(fc.string({ unit: 'binary' }), anything),
      startsAt: anything,
    },
    { requiredKeys: [] },
  );
  const v4 = fc
    .array(fc.oneof(anything, alertLike), { maxLength: 4 })
    .map((alerts) => ({ expected: 200, text: JSON.stringify({ version: '4', alerts }) }));
  const noise = fc
    .oneof(
      fc.string(),
      anything.map((value) => JSON.stringify(value)),
    )
    .map((text) => ({ expected: 400, text }));
  await fc.assert(
    fc.asyncProperty(fc.oneof(v4, noise), async ({ expected, text }) => {
      expect((await as('alertmanager').post(WEBHOOK, text)).status).toBe(expected);
    }),
    { numRuns: 200 },
  );
}, 30_000);
