import { mkdtempSync, rmSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { askAlertmanager } from '../../../../services/alert-router/src/reconcile/alertmanager-client';
import { Reconciler } from '../../../../services/alert-router/src/reconcile/reconciler';
import { RouterMetrics } from '../../../../services/alert-router/src/metrics';
import { Store } from '../../../../services/alert-router/src/store/store';
import { createLogger } from '../../../../services/shared/logger';
import type { TlsMaterial } from '../../../../services/shared/tls-server';
import { TestClock } from '../../../support/test-clock';
import { TlsAuthority } from '../../../support/tls-authority';
import type { ToolServer } from '../../../support/tool-server';
import { describeWith } from '../../../support/tools';

const PORT = 9093;
/** So that one is settled from its start; the header that tells the time knows whole seconds only. */
const AT_ONCE_MS = -1000;
const WEB = {
  tls_server_config: {
    cert_file: 'tls.crt',
    key_file: 'tls.key',
    client_ca_file: 'ca.crt',
    client_auth_type: 'RequireAndVerifyClientCert',
  },
};
const CONFIG = {
  route: { receiver: 'silent' },
  receivers: [{ name: 'silent' }],
  inhibit_rules: [
    {
      source_matchers: ['severity="critical"'],
      target_matchers: ['severity="warning"'],
      equal: ['node'],
    },
  ],
};

describeWith('alertmanager', 'with a real Alertmanager', (bench) => {
  const logger = createLogger('test', 'silent');
  const never = new AbortController().signal;
  let client: TlsMaterial;
  let one: ToolServer;
  let start: () => Promise<ToolServer>;
  let folder: string;
  let clock: TestClock;
  let store: Store;

  beforeAll(async () => {
    const authority = await TlsAuthority.create();
    client = await authority.issue('alert-router', ['alert-router']);
    const server = await authority.issue('alertmanager');
    const files = bench(() => ({
      'tls.crt': server.cert,
      'tls.key': server.key,
      'ca.crt': server.ca,
      'web.yml': JSON.stringify(WEB),
      'alertmanager.yml': JSON.stringify(CONFIG),
    }));
    start = async () => {
      const started = await files.serve(PORT, (address) => [
        `--config.file=${files.folder}/alertmanager.yml`,
        `--web.config.file=${files.folder}/web.yml`,
        `--web.listen-address=${address}`,
        `--storage.path=${files.scratch}`,
        '--cluster.listen-address=',
      ]);
      await ready(started);
      return started;
    };
  });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vigil-reconcile-'));
    clock = new TestClock();
    store = new Store({ file: join(folder, 'router.db'), clock, logger });
    one = await start();
  });

  afterEach(async () => {
    await one.stop();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const urlOf = ({ port }: ToolServer): string => `https://localhost:${port}`;

  async function post(server: ToolServer, path: string, body: unknown): Promise<void> {
    const answer = await new Promise<string>((resolve, reject) => {
      const headers = { 'Content-Type': 'application/json' };
      const options = { ...client, method: 'POST', headers, agent: false } as const;
      const request = https.request(`${urlOf(server)}/api/v2/${path}`, options, (response) => {
        text(response).then((all) => resolve(`${response.statusCode} ${all}`), reject);
      });
      request.on('error', reject);
      request.end(JSON.stringify(body));
    });
    expect(answer).toMatch(/^200 /);
  }

  /** As Prometheus does, for an hour. */
  const fire = (server: ToolServer, labels: Record<string, string>): Promise<void> =>
    post(server, 'alerts', [{ labels, endsAt: new Date(Date.now() + 3_600_000).toISOString() }]);

  const resolve = (server: ToolServer, labels: Record<string, string>): Promise<void> =>
    post(server, 'alerts', [{ labels, endsAt: new Date(Date.now() - 1000).toISOString() }]);

  async function ready(server: ToolServer): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        await askAlertmanager(urlOf(server), client, never);
        return;
      } catch (error) {
        if (tries > 100) throw error;
        await delay(100);
      }
    }
  }

  /** A reconciler over the store; an Alertmanager counts as settled after so many milliseconds. */
  function reconcilerOf(servers: () => ToolServer[], settledAfterMs?: number): Reconciler {
    return new Reconciler({
      clock,
      logger,
      metrics: new RouterMetrics(),
      notificationDelaySeconds: () => 35,
      alertmanagers: () => servers().map(urlOf),
      ask: (base, signal) => askAlertmanager(base, client, signal, settledAfterMs),
      firing: () => store.firing(),
      accept: async (groupKey, alert) => {
        const acceptance = { destinations: ['general'], groupKey, alert, reconciled: true };
        await store.accept([acceptance], 3_600_000);
      },
    });
  }

  async function poll(reconciler: Reconciler, times = 4): Promise<void> {
    for (let count = 0; count < times; count += 1) {
      await reconciler.poll(never);
      clock.advance(60);
    }
  }

  const deliveries = (): string[] =>
    store
      .pending('general', 100)
      .map(({ kind, alert }) => `${kind} ${alert.labels.alertname}`)
      .sort();

  test('what it never delivered is found, and so is its end', async () => {
    const reconciler = reconcilerOf(() => [one], AT_ONCE_MS);
    await fire(one, { alertname: 'Lost', node: 'n1' });
    await poll(reconciler);
    expect(deliveries()).toEqual(['firing Lost']);
    await resolve(one, { alertname: 'Lost', node: 'n1' });
    await poll(reconciler);
    expect(deliveries()).toEqual(['firing Lost', 'resolved Lost']);
    expect(reconciler.status()).toMatchObject({ added: 1, resolved: 1 });
    expect(store.firing()).toEqual([]);
  });

  test('restarted, it has forgotten everything, and nothing ends', async () => {
    const reconciler = reconcilerOf(() => [one]);
    await fire(one, { alertname: 'Known' });
    await poll(reconciler);
    await one.stop();
    await poll(reconciler);
    expect(reconciler.status().lastError).toMatch(/ECONNREFUSED/);
    one = await start();
    await poll(reconciler, 10);
    expect(deliveries()).toEqual(['firing Known']);
    expect(reconciler.status().lastError).toBeUndefined();
  });

  test('what is silenced or inhibited is neither told nor ended', async () => {
    const reconciler = reconcilerOf(() => [one], AT_ONCE_MS);
    await fire(one, { alertname: 'Told', node: 'n2' });
    await poll(reconciler);
    await post(one, 'silences', {
      matchers: [{ name: 'node', value: 'n2', isRegex: false, isEqual: true }],
      startsAt: new Date().toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      createdBy: 'test',
      comment: 'test',
    });
    await fire(one, { alertname: 'Silenced', node: 'n2' });
    await fire(one, { alertname: 'Root', node: 'n3', severity: 'critical' });
    await fire(one, { alertname: 'Inhibited', node: 'n3', severity: 'warning' });
    await poll(reconciler, 6);
    expect(deliveries()).toEqual(['firing Root', 'firing Told']);
  });

  test('of two, either may be the one that knows; one that is away decides nothing', async () => {
    const two = await start();
    const reconciler = reconcilerOf(() => [one, two], AT_ONCE_MS);
    await fire(one, { alertname: 'First' });
    await fire(two, { alertname: 'Second' });
    await poll(reconciler);
    expect(deliveries()).toEqual(['firing First', 'firing Second']);
    await two.stop();
    await poll(reconciler, 6);
    expect(deliveries()).toEqual(['firing First', 'firing Second']);
  });
});
