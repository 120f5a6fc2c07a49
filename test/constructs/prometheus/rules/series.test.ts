import { ruleGroups } from '../../../../constructs/prometheus/rules';
import { parseSettings } from '../../../../constructs/settings';
import { buildTopology } from '../../../../constructs/topology';
import { toYaml } from '../../../../constructs/kubernetes';
import {
  isCollected,
  isKept,
  jobsOf,
  scrapedSeriesOf,
  seriesOf,
} from '../../../support/scraped-series';
import { describeWith } from '../../../support/tools';

const settings = parseSettings({});
const groups = ruleGroups(settings, buildTopology(settings));
const rules = groups.flatMap((group) => group.rules);

const names = [...new Set(rules.flatMap(({ expr }) => seriesOf(expr)))];
const recorded = new Set(rules.flatMap((rule) => ('record' in rule ? [rule.record] : [])));

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

const scraped = scrapedSeriesOf(rules.map(({ expr }) => expr));

test.each(scraped)('%s is kept of a scrape', (name) => {
  expect(jobsOf(name).filter((job) => isKept(name, job))).not.toEqual([]);
});

test.each(scraped.filter((name) => jobsOf(name).includes('kube-state-metrics')))(
  'kube-state-metrics collects %s',
  (name) => expect(isCollected(name)).toBe(true),
);

test('a series that is dropped would be noticed', () => {
  expect(isKept('node_softnet_dropped_total', 'node-exporter')).toBe(false);
  expect(isKept('kubelet_http_requests_total', 'kubelet')).toBe(false);
  expect(isKept('kubelet_running_pods', 'kubelet')).toBe(true);
  expect(isKept('kubelet_running_pods', 'no-such-job')).toBe(false);
  expect(jobsOf('no_such_series')).toEqual([]);
  expect(isCollected('kube_pod_tolerations')).toBe(false);
  expect(isCollected('kube_secret_info')).toBe(false);
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
