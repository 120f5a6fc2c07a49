import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { toYaml } from '../../../../constructs/kubernetes';
import { logRules } from '../../../../constructs/loki/rules';
import { LOG_JOBS } from '../../../../constructs/loki/streams';
import { ruleGroups } from '../../../../constructs/prometheus/rules';
import { parseSettings } from '../../../../constructs/settings';
import { buildTopology } from '../../../../constructs/topology';
import { describeWithLoki, type LokiServer, type PushedLine } from '../../../support/loki-server';
import { scrapedSeriesOf } from '../../../support/scraped-series';

const settings = parseSettings({});
const topology = buildTopology(settings);
const groups = logRules(settings, topology);

interface Received {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Takes what Loki sends to Alertmanager's API v2. */
class FakeAlertmanager {
  readonly received: Received[] = [];
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'POST' && request.url === '/api/v2/alerts') {
        this.received.push(...(JSON.parse(Buffer.concat(chunks).toString()) as Received[]));
        response.writeHead(200).end();
      } else {
        response.writeHead(404).end();
      }
    });
  });

  /** @returns its URL */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const failure = (client: string, user: string): PushedLine => ({
  line: JSON.stringify({
    level: 'WARNING',
    user,
    client,
    outcome: 'failed',
    msg: 'Failed login attempt',
  }),
  metadata: { pod: 'shop-1', level: 'warning' },
});

const shop = { job: LOG_JOBS.container, namespace: 'web', app: 'shop', container: 'a', node: 'n' };

describeWithLoki('the ruler', (startLoki) => {
  const alertmanager = new FakeAlertmanager();
  let loki: LokiServer;

  beforeAll(async () => {
    loki = await startLoki({
      alertmanagerUrl: await alertmanager.start(),
      rules: Object.fromEntries(
        groups.map((group) => [`${group.name}.yml`, toYaml({ groups: [group] })]),
      ),
    });
  }, 60_000);

  afterAll(async () => {
    await loki.stop();
    alertmanager.stop();
  });

  test('loads every group', async () => {
    const names = (await loki.rules()).map(({ name }) => name);

    expect(names.sort()).toEqual(groups.map(({ name }) => name).sort());
  });

  test('tells Alertmanager of one guesser among a thousand others', async () => {
    const crowd = Array.from({ length: 1000 }, (_, index) =>
      failure(`10.${index >> 8}.${index & 255}.1`, `user-${index}`),
    );
    const guesser = Array.from({ length: 30 }, (_, index) => failure('192.0.2.66', `u-${index}`));
    await loki.push([
      {
        labels: shop,
        lines: [...crowd, ...guesser].map((line, index) => ({
          ...line,
          at: new Date(Date.now() - 5000 + index),
        })),
      },
    ]);
    const told = (): Received[] =>
      alertmanager.received.filter(({ labels }) => labels.alertname?.startsWith('BruteForce'));
    await until(() => told().length > 0);

    expect(told()[0]).toMatchObject({
      labels: {
        alertname: 'BruteForceByAddress',
        severity: 'warning',
        category: 'log',
        service: 'shop',
        namespace: 'web',
        app: 'shop',
        client: '192.0.2.66',
      },
      annotations: {
        summary: 'Passwords are guessed at shop: the address 192.0.2.66.',
        description: '30 logins failed within 2 minutes.',
        runbook_url: 'docs/runbooks/BruteForceByAddress.md',
      },
    });
  }, 60_000);

  test('has every metric by which Prometheus watches Loki', async () => {
    const expressions = ruleGroups(settings, topology).flatMap(({ rules }) =>
      rules.map(({ expr }) => expr),
    );
    const wanted = scrapedSeriesOf(expressions).filter((name) =>
      /^loki_(?!write_|source_)/.test(name),
    );
    const text = await (await fetch(`${loki.url}/metrics`)).text();
    const told = new Set([...text.matchAll(/^(\w+)[{ ]/gm)].map(([, name]) => name));

    expect(wanted.length).toBeGreaterThan(4);
    expect(wanted.filter((name) => !told.has(name))).toEqual([]);
  });
});

/** @throws Error when it does not come true within 40 seconds, four evaluations. */
async function until(isTrue: () => boolean): Promise<void> {
  const end = Date.now() + 40_000;
  while (!isTrue()) {
    if (Date.now() > end) throw new Error('it did not come true in time');
    await delay(200);
  }
}
