import { toYaml } from '../../../constructs/kubernetes';
import { prometheusConfig } from '../../../constructs/prometheus/config';
import { ruleGroups } from '../../../constructs/prometheus/rules';
import { parseSettings } from '../../../constructs/settings';
import { buildTopology } from '../../../constructs/topology';
import { dashboardsOf, promQueriesOf } from '../../support/dashboards';
import {
  isCollected,
  isKept,
  jobsOf,
  scrapedSeriesOf,
  seriesOf,
} from '../../support/scraped-series';
import { describeWith } from '../../support/tools';

/** A panel about a series that does not exist is empty for ever, and a reader takes it for calm. */
const settings = parseSettings({});
const topology = buildTopology(settings);
const dashboards = dashboardsOf();
const queries = promQueriesOf(dashboards);
/** Variables ask for series too. */
const choices = dashboards.flatMap(([, { templating }]) =>
  (templating.list ?? []).flatMap(({ query }) =>
    typeof query === 'string' && query.startsWith('label_values(') ? [query] : [],
  ),
);
const ofChoice = (query: string): string =>
  query.replace(/^label_values\(/, '').replace(/,\s*\w+\)$/, '');
const scraped = scrapedSeriesOf([...queries.map(([, expr]) => expr), ...choices.map(ofChoice)]);

test.each(scraped)('%s is kept of a scrape', (name) => {
  expect(jobsOf(name).filter((job) => isKept(name, job))).not.toEqual([]);
});

test.each(scraped.filter((name) => jobsOf(name).includes('kube-state-metrics')))(
  'kube-state-metrics collects %s',
  (name) => expect(isCollected(name)).toBe(true),
);

test('what a panel takes from a rule is recorded', () => {
  const recorded = ruleGroups(settings, topology).flatMap(({ rules }) =>
    rules.flatMap((rule) => ('record' in rule ? [rule.record] : [])),
  );
  const asked = queries.flatMap(([, expr]) => seriesOf(expr)).filter((name) => name.includes(':'));
  expect(asked.length).toBeGreaterThan(0);
  expect(recorded).toEqual(expect.arrayContaining(asked));
});

test("an object's namespace is not covered by that of kube-state-metrics", () => {
  const job = prometheusConfig(settings, topology).scrape_configs.find(
    ({ job_name: name }) => name === 'kube-state-metrics',
  );
  const labels = job?.relabel_configs.map(({ target_label: label }) => label);
  expect(labels).not.toContain('namespace');
  expect(labels).toContain('instance');
});

describeWith('promtool', 'promtool', (bench) => {
  // A recording rule is the one place where the stable promtool reads an expression without a server.
  const rules = queries.map(([, expr], index) => ({
    record: `panel:${index}`,
    expr: filledIn(expr),
  }));
  const { run } = bench(() => ({
    'panels.yml': toYaml({ groups: [{ name: 'panels', rules }] }),
    'broken.yml': toYaml({ groups: [{ name: 'broken', rules: [{ record: 'a', expr: 'sum(' }] }] }),
  }));

  test('reads every expression', () => {
    const { code, output } = run('check', 'rules', 'panels.yml');
    expect(output).toContain(`${queries.length} rules found`);
    expect(code).toBe(0);
  });

  test('would refuse one that is no PromQL', () => {
    expect(run('check', 'rules', 'broken.yml').code).not.toBe(0);
  });
});

/** The expression as Grafana sends it, with its variables filled in. */
function filledIn(expr: string): string {
  return expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$[a-z]\w*/g, 'monitoring|agents');
}
