import { ruleGroups } from '../../../../constructs/prometheus/rules';
import { keptSeries } from '../../../../constructs/prometheus/series';
import { parseSettings } from '../../../../constructs/settings';
import { buildTopology } from '../../../../constructs/topology';
import { toYaml } from '../../../../constructs/kubernetes';
import { chartOf, onlyPods } from '../../../support/stack';
import { describeWith } from '../../../support/tools';

const settings = parseSettings({});
const groups = ruleGroups(settings, buildTopology(settings));
const rules = groups.flatMap((group) => group.rules);

/** The job that brings the series whose names begin so. */
const JOBS: Readonly<Record<string, string>> = {
  node: 'node-exporter',
  container: 'cadvisor',
  kube: 'kube-state-metrics',
  kubelet: 'kubelet',
  apiserver: 'api-server',
  etcd: 'api-server',
  scheduler: 'scheduler',
  workqueue: 'controller-manager',
  coredns: 'core-dns',
  prometheus: 'prometheus',
  alertmanager: 'alertmanager',
  grafana: 'grafana',
};

const KEYWORDS = new Set([
  'and',
  'or',
  'unless',
  'bool',
  'offset',
  'on',
  'by',
  'without',
  'group_left',
]);

/** The names of the series that an expression selects. */
function seriesOf(expr: string): string[] {
  const bare = expr
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(on|ignoring|by|without|group_left|group_right) ?\([^)]*\)/g, ' ');
  return [...bare.matchAll(/(?<![\w:])[a-zA-Z_:][\w:]*(?!\w*\s*\()/g)]
    .map(([name]) => name)
    .filter((name) => !KEYWORDS.has(name));
}

const names = [...new Set(rules.flatMap(({ expr }) => seriesOf(expr)))];
const recorded = new Set(rules.flatMap((rule) => ('record' in rule ? [rule.record] : [])));
const jobOf = (name: string): string | undefined =>
  name.includes(':') ? undefined : JOBS[name.split('_')[0] ?? ''];

/** Whether all relabelling that goes by the name alone lets it pass. */
const survives = (name: string, job: string): boolean =>
  (keptSeries[job] ?? [])
    .filter(({ source_labels: labels }) => labels?.length === 1 && labels[0] === '__name__')
    .every(
      ({ regex = '', action }) => new RegExp(`^(?:${regex})$`).test(name) === (action === 'keep'),
    );

const collector = onlyPods(chartOf('kube-state-metrics')).containers[0];

/** The list that kube-state-metrics gets with a flag. */
const argument = (flag: string): string[] =>
  collector?.args
    ?.find((arg) => arg.startsWith(`--${flag}=`))
    ?.slice(flag.length + 3)
    .split(',') ?? [];

test('the names of series are found in expressions', () => {
  expect(
    seriesOf(
      'sum by (node) (rate(a_total{x="b c"}[5m])) / on (node) group_left () d:e:f offset 6h > 5 and up == 0',
    ),
  ).toEqual(['a_total', 'd:e:f', 'up']);
  expect(names).toEqual(
    expect.arrayContaining(['node_time_seconds', 'container_last_seen', 'kube_pod_info', 'up']),
  );
});

test.each(names.filter((name) => name.includes(':')))('%s is recorded', (name) => {
  expect(recorded).toContain(name);
});

const scraped = names.flatMap((name): [string, string][] => {
  const job = jobOf(name);
  return job ? [[name, job]] : [];
});

test.each(scraped)('%s is kept of %s', (name, job) => {
  expect(survives(name, job)).toBe(true);
});

test.each(names.filter((name) => jobOf(name) === 'kube-state-metrics'))(
  'kube-state-metrics collects %s',
  (name) => {
    const objects = argument('resources').map((resource) => resource.replace(/s$/, ''));
    const denied = argument('metric-denylist').filter((regex) => new RegExp(regex).test(name));

    expect(objects).toContain(name.split('_')[1]);
    expect(denied).toEqual([]);
  },
);

test('a series that is dropped would be noticed', () => {
  expect(survives('node_softnet_dropped_total', 'node-exporter')).toBe(false);
  expect(survives('kubelet_http_requests_total', 'kubelet')).toBe(false);
  expect(survives('kubelet_running_pods', 'kubelet')).toBe(true);
});

describeWith('promtool', 'rules', (bench) => {
  test.each(groups)('Prometheus reads group $name', (group) => {
    const { run } = bench(() => ({ 'rules.yml': toYaml({ groups: [group] }) }));

    expect(run('check', 'rules', '--lint-fatal', 'rules.yml')).toMatchObject({
      code: 0,
      output: expect.stringContaining(`SUCCESS: ${group.rules.length} rules found`) as string,
    });
  });
});
