import { setTimeout as delay } from 'node:timers/promises';
import { alertmanagerConfig, RECEIVERS } from '../../../constructs/alertmanager/config';
import { toYaml } from '../../../constructs/kubernetes';
import { logRules } from '../../../constructs/loki/rules';
import { alertsOf, ruleGroups } from '../../../constructs/prometheus/rules';
import { parseSettings } from '../../../constructs/settings';
import { buildTopology } from '../../../constructs/topology';
import type { ToolServer } from '../../support/tool-server';
import { describeWith } from '../../support/tools';

type Labels = Readonly<Record<string, string>>;

const settings = parseSettings({});
const topology = buildTopology(settings);
const config = alertmanagerConfig(settings, topology);
const shipped = [...ruleGroups(settings, topology), ...logRules(settings, topology)].flatMap(
  alertsOf,
);
const names = [...new Set(shipped.map(({ alert }) => alert))];

/** Our routes and inhibition; the receivers only by name, so that nothing is sent. */
const files = {
  'alertmanager.yml': toYaml({
    ...config,
    receivers: config.receivers.map(({ name }) => ({ name })),
  }),
};

const receiverOf = (alertname: string): string =>
  alertname === 'Watchdog' ? RECEIVERS.heartbeat : RECEIVERS.alerts;

/** An alert as Alertmanager's API v2 tells it, the fields that matter here. */
interface Told {
  readonly labels: Labels;
  readonly receivers: readonly { readonly name: string }[];
  readonly status: { readonly inhibitedBy: readonly string[] };
}

describeWith('amtool', 'amtool config routes test', (bench) => {
  const { run } = bench(() => files);

  test.each(['Watchdog', 'TargetDown', 'SomeoneElsesAlert'])('%s', (alertname) => {
    const { code, output } = run(
      'config',
      'routes',
      'test',
      '--config.file=alertmanager.yml',
      `--verify.receivers=${receiverOf(alertname)}`,
      `alertname=${alertname}`,
      'severity=critical',
    );

    expect(output.trim()).toBe(receiverOf(alertname));
    expect(code).toBe(0);
  });
});

describeWith('alertmanager', 'Alertmanager', (bench) => {
  let server: ToolServer;

  const ask = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${server.port}/api/v2/${path}`, init);

  beforeEach(async () => {
    const { folder, scratch, serve } = bench(() => files);
    server = await serve(9093, (address) => [
      `--config.file=${folder}/alertmanager.yml`,
      `--storage.path=${scratch}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=',
    ]);
    await until(async () => (await ask('status')).ok);
  }, 60_000);

  afterEach(() => server.stop());

  const post = async (alerts: readonly Labels[]): Promise<void> => {
    const endsAt = new Date(Date.now() + 3_600_000).toISOString();
    const body = JSON.stringify(alerts.map((labels) => ({ labels, endsAt })));
    const headers = { 'Content-Type': 'application/json' };
    expect((await ask('alerts', { method: 'POST', headers, body })).status).toBe(200);
  };

  const told = async (): Promise<Told[]> => (await (await ask('alerts')).json()) as Told[];

  test('every alert that we ship reaches its receiver, and no other', async () => {
    await post(
      shipped.map(({ alert: alertname, labels }) => ({
        alertname,
        ...labels,
        job: labels.service,
      })),
    );
    const arrived = async (): Promise<number> =>
      new Set((await told()).map(({ labels }) => labels.alertname)).size;
    await until(async () => (await arrived()) === names.length);

    const routed = (await told()).map(({ labels, receivers }) => [
      labels.alertname,
      receivers.map(({ name }) => name),
    ]);

    expect(new Map(routed as [string, string[]][])).toEqual(
      new Map(names.map((name) => [name, [receiverOf(name)]])),
    );
  });

  test('what something else explains is not told, and everything else is', async () => {
    await post(cases.flatMap(({ alerts }) => alerts));
    const quiet = cases.flatMap(({ silent }) => silent);
    const isSilent = ({ status }: Told): boolean => status.inhibitedBy.length > 0;
    // Inhibition follows the alerts that cause it by a moment.
    await until(async () => (await told()).filter(isSilent).length >= quiet.length);

    const silent = (await told()).filter(isSilent).map(({ labels }) => labels);

    expect(silent).toHaveLength(quiet.length);
    expect(silent).toEqual(expect.arrayContaining(quiet));
  });
});

interface Case {
  readonly alerts: readonly Labels[];
  /** Those of them that are not told. */
  readonly silent: readonly Labels[];
}

const explained = (
  source: Labels,
  targets: readonly Labels[],
  others: readonly Labels[],
): Case => ({
  alerts: [source, ...targets, ...others],
  silent: targets,
});

/** Each about things of its own, so that they do not meet. */
const cases: readonly Case[] = [
  explained(
    { alertname: 'NodeUnreachable', severity: 'critical', service: 'dead', node: 'dead' },
    [
      {
        alertname: 'TargetDown',
        severity: 'critical',
        job: 'kubelet',
        node: 'dead',
        instance: 'd',
      },
      {
        alertname: 'CertificateExpiring',
        severity: 'warning',
        component: 'cadvisor',
        node: 'dead',
      },
      { alertname: 'ContainerStopped', severity: 'critical', pod: 'shop-1', node: 'dead' },
    ],
    [
      {
        alertname: 'TargetDown',
        severity: 'critical',
        job: 'kubelet',
        node: 'well',
        instance: 'w',
      },
      { alertname: 'NodeUnreachable', severity: 'critical', service: 'also', node: 'also' },
      { alertname: 'EtcdSlow', severity: 'warning', service: 'etcd', job: 'api-server' },
    ],
  ),
  explained(
    {
      alertname: 'CertificateAboutToExpire',
      severity: 'critical',
      component: 'grafana',
      node: 'a',
    },
    [
      { alertname: 'CertificateExpiring', severity: 'warning', component: 'grafana', node: 'a' },
      { alertname: 'CertificateRenewalOverdue', severity: 'warning', component: 'grafana' },
    ],
    [
      { alertname: 'CertificateExpiring', severity: 'warning', component: 'prometheus', node: 'a' },
      { alertname: 'CertificateNotPickedUp', severity: 'warning', component: 'grafana', node: 'a' },
    ],
  ),
  explained(
    { alertname: 'AuthorityAboutToExpire', severity: 'critical', role: 'active' },
    [{ alertname: 'AuthorityExpiring', severity: 'warning', role: 'active' }],
    [],
  ),
  explained(
    {
      alertname: 'CertificateForeignIssuer',
      severity: 'critical',
      namespace: 'monitoring',
      pod: 'grafana-1',
    },
    [{ alertname: 'TargetDown', job: 'grafana', namespace: 'monitoring', pod: 'grafana-1' }],
    [{ alertname: 'TargetDown', job: 'grafana', namespace: 'monitoring', pod: 'grafana-2' }],
  ),
  explained(
    { alertname: 'NodeDiskAlmostFull', severity: 'critical', node: 'full', device: 'sda1' },
    [
      { alertname: 'NodeDiskFilling', severity: 'warning', node: 'full', device: 'sda1' },
      { alertname: 'NodeDiskFullSoon', severity: 'warning', node: 'full', device: 'sda1' },
    ],
    [{ alertname: 'NodeDiskFilling', severity: 'warning', node: 'full', device: 'sdb1' }],
  ),
  explained(
    { alertname: 'RouterStoreUnwritable', severity: 'critical', service: 'alert-router' },
    [{ alertname: 'RouterRefusing', severity: 'critical', service: 'alert-router' }],
    [{ alertname: 'RouterTruncated', severity: 'warning', service: 'alert-router' }],
  ),
  explained(
    { alertname: 'TargetMissing', severity: 'critical', job: 'alertmanager' },
    [{ alertname: 'TargetDown', severity: 'critical', job: 'alertmanager' }],
    [{ alertname: 'TargetDown', severity: 'critical', job: 'prometheus' }],
  ),
  explained(
    { alertname: 'WebErrors', severity: 'warning', service: 'sample-app', namespace: 'web' },
    [
      {
        alertname: 'WebErrorRatio',
        severity: 'warning',
        service: 'sample-app',
        namespace: 'web',
        app: 'sample-app',
      },
    ],
    [
      {
        alertname: 'WebErrorRatio',
        severity: 'warning',
        service: 'nginx',
        namespace: 'web',
        app: 'nginx',
      },
    ],
  ),
  // Of one name, as someone's own alerts may be.
  explained(
    { alertname: 'QueueLong', severity: 'critical', service: 'shop', instance: 'a' },
    [{ alertname: 'QueueLong', severity: 'warning', service: 'shop', instance: 'a' }],
    [{ alertname: 'QueueLong', severity: 'warning', service: 'shop', instance: 'b' }],
  ),
];

test('what inhibition names is what the rules fire, and none of it is unused here', () => {
  const named = config.inhibit_rules
    .flatMap((rule) => [...rule.source_matchers, ...rule.target_matchers])
    .flatMap((matcher) => /^alertname!?=~?"(.+)"$/.exec(matcher)?.[1]?.split('|') ?? []);
  const tried = cases.flatMap(({ alerts }) => alerts.map(({ alertname }) => alertname));

  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((name) => !names.includes(name))).toEqual([]);
  expect(named.filter((name) => !tried.includes(name))).toEqual([]);
});

/** Labels of targets, which no rule needs to name. */
const OF_TARGETS = ['alertname', 'service', 'namespace', 'pod', 'node', 'instance', 'job'];

test('what must be equal is a label of the alerts on both sides', () => {
  const unknown = config.inhibit_rules.flatMap(({ equal, ...matchers }) => {
    const text = JSON.stringify(matchers);
    const both = shipped.filter(({ alert }) => new RegExp(`["|]${alert}[\\\\|"]`).test(text));
    return equal
      .filter((label) => !OF_TARGETS.includes(label))
      .flatMap((label) =>
        both
          .filter(({ expr, annotations }) => !(expr + annotations.summary).includes(label))
          .map(({ alert }) => `${alert} has no label ${label}`),
      );
  });

  expect(unknown).toEqual([]);
});

/** @throws Error when it does not come true within 20 seconds. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isTrue().catch(() => false)) return;
    await delay(100);
  }
  throw new Error('it did not come true in time');
}
