import { setTimeout as delay } from 'node:timers/promises';
import { toYaml } from '../../../../constructs/kubernetes';
import { alertsOf, ruleGroups } from '../../../../constructs/prometheus/rules';
import { parseSettings } from '../../../../constructs/settings';
import { buildTopology } from '../../../../constructs/topology';
import { RouterMetrics } from '../../../../services/alert-router/src/metrics';
import { ControllerMetrics } from '../../../../services/certificate-controller/src/metrics';
import { dashboardsOf, promQueriesOf } from '../../../support/dashboards';
import { describeWith, type Files, type ToolName } from '../../../support/tools';

/** A rule or a panel about a metric that does not exist is quiet for ever, and promtool's tests would not know. */
const settings = parseSettings({});
const expressions = [
  ...ruleGroups(settings, buildTopology(settings))
    .flatMap(alertsOf)
    .map(({ expr }) => expr),
  ...promQueriesOf(dashboardsOf()).map(([, expr]) => expr),
].map((expr) => expr.replaceAll(/"[^"]*"/g, ''));

/** Metrics with this prefix that rules and panels name. */
const named = (prefix: string): string[] => [
  ...new Set(
    expressions.flatMap((expr) =>
      [...expr.matchAll(new RegExp(`\\b${prefix}_\\w+`, 'g'))].map(([name]) => name),
    ),
  ),
];

test.each([
  ['vigil_certificate', new ControllerMetrics().registry],
  ['alert_router', new RouterMetrics().registry],
])('each metric %s_… of rules and panels is one of the service', (prefix, registry) => {
  const known = registry
    .getMetricsAsArray()
    .flatMap(({ name }) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]);

  expect(named(prefix).length).toBeGreaterThan(3);
  expect(named(prefix).filter((name) => !known.includes(name))).toEqual([]);
});

interface Server {
  readonly tool: ToolName;
  readonly prefix: string;
  readonly port: number;
  readonly files: (folder: string) => Files;
  readonly flags: (folder: string, scratch: string, address: string) => readonly string[];
}

const servers: readonly Server[] = [
  {
    tool: 'prometheus',
    prefix: 'prometheus',
    port: 9090,
    files: () => ({
      'prometheus.yml': toYaml({
        global: { evaluation_interval: '1s', scrape_interval: '1s' },
        alerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:9'] }] }] },
        rule_files: ['rules.yml'],
        scrape_configs: [{ job_name: 'itself', static_configs: [{ targets: ['127.0.0.1:9090'] }] }],
      }),
      'rules.yml': toYaml({ groups: [{ name: 'one', rules: [{ record: 'one', expr: '1' }] }] }),
    }),
    flags: (folder, scratch, address) => [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${scratch}/data`,
      `--web.listen-address=${address}`,
    ],
  },
  {
    tool: 'alertmanager',
    prefix: 'alertmanager',
    port: 9093,
    files: () => ({
      'alertmanager.yml': toYaml({ route: { receiver: 'none' }, receivers: [{ name: 'none' }] }),
    }),
    flags: (folder, scratch, address) => [
      `--config.file=${folder}/alertmanager.yml`,
      `--storage.path=${scratch}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=',
    ],
  },
  {
    tool: 'blackbox',
    prefix: 'blackbox_exporter',
    port: 9115,
    files: () => ({ 'blackbox.yml': toYaml({ modules: { tcp: { prober: 'tcp' } } }) }),
    flags: (folder, _scratch, address) => [
      `--config.file=${folder}/blackbox.yml`,
      `--web.listen-address=${address}`,
    ],
  },
  {
    tool: 'alloy',
    // Those of its parts for Loki; what Loki itself tells is asked of the one that runs the rules about logs.
    prefix: 'loki_write',
    port: 12345,
    files: (folder) => ({
      // Some counters begin with the first line that cannot be sent.
      'lines.log': 'one\n',
      'config.alloy': `
        loki.source.file "lines" {
          targets    = [{ __path__ = "${folder}/lines.log" }]
          forward_to = [loki.write.nobody.receiver]
        }
        loki.write "nobody" {
          endpoint {
            url = "http://127.0.0.1:9/loki/api/v1/push"
          }
        }`,
    }),
    flags: (folder, scratch, address) => [
      'run',
      `${folder}/config.alloy`,
      `--server.http.listen-addr=${address}`,
      `--storage.path=${scratch}/data`,
      '--disable-reporting',
    ],
  },
];

for (const { tool, prefix, port, files, flags } of servers) {
  describeWith(tool, `${tool} itself`, (bench) => {
    test(`tells each metric ${prefix}_… of rules and panels`, async () => {
      const { folder, scratch, serve } = bench(files);
      const server = await serve(port, (address) => flags(folder, scratch, address));
      const wanted = named(prefix);
      const missing = async (): Promise<string[]> => {
        const answer = await fetch(`http://127.0.0.1:${server.port}/metrics`);
        const told = new Set(
          [...(await answer.text()).matchAll(/^(\w+)[{ ]/gm)].map(([, name]) => name),
        );
        return wanted.filter((name) => !told.has(name));
      };

      expect(wanted.length).toBeGreaterThan(0);
      expect(await lastAnswer(missing)).toEqual([]);
    }, 60_000);
  });
}

/** What is still missing after 20 seconds at most; some metrics come with the first scrape. */
async function lastAnswer(missing: () => Promise<string[]>): Promise<string[]> {
  let left: string[] = ['no answer'];
  for (let tries = 0; tries < 100 && left.length > 0; tries += 1) {
    await delay(200);
    left = await missing().catch(() => left);
  }
  return left;
}
