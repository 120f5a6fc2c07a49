import { dataSourceIds } from '../../../constructs/grafana/data-sources';
import { LINE_METADATA } from '../../../constructs/loki/streams';
import { ruleGroups } from '../../../constructs/prometheus/rules';
import { parseSettings } from '../../../constructs/settings';
import { buildTopology } from '../../../constructs/topology';
import { dashboardsOf, type Panel } from '../../support/dashboards';
import { find, stackOf } from '../../support/stack';

const settings = parseSettings({});
const topology = buildTopology(settings);
const all = dashboardsOf().map(([, dashboard]) => dashboard);
const LOGS = 'vigil-logs';

/** Dashboards that lead to no lines, and why. */
const WITHOUT: Readonly<Record<string, string>> = { [LOGS]: 'the lines are here' };

/** What a table keeps of the labels of its series. */
interface WithColumns extends Panel {
  readonly transformations?: readonly {
    readonly options: { readonly include?: { readonly names: readonly string[] } };
  }[];
}

const links = all.flatMap((dashboard) =>
  dashboard.panels.flatMap((panel: WithColumns) =>
    (panel.fieldConfig?.defaults.links ?? []).map(({ url }) => ({
      name: `${dashboard.title}: ${panel.title}`,
      uid: dashboard.uid,
      url,
      panel,
    })),
  ),
);
type Link = (typeof links)[number];

/** Variables of the target that a link chooses, each with its value. */
const choicesOf = ({ url }: Link): [variable: string, value: string][] =>
  [...new URL(url, 'http://grafana').searchParams].flatMap(([key, value]) =>
    key.startsWith('var-') ? [[key.slice('var-'.length), value]] : [],
  );

/** The names that a link takes from `__field.labels` or `__data.fields`. */
const takenFrom = (place: string, link: Link): string[] =>
  choicesOf(link).flatMap(([, value]) =>
    [...value.matchAll(/^\$\{__(\w+\.\w+)\.(\w+)\}$/g)].flatMap(([, from, name = '']) =>
      from === place ? [name] : [],
    ),
  );

test.each(all.map(({ uid, title }) => ({ uid, title })))('$title leads to lines', ({ uid }) => {
  const leads = links.some((link) => link.uid === uid);
  expect(leads ? 'leads to lines' : WITHOUT[uid]).toBeTruthy();
  expect(leads && uid in WITHOUT).toBe(false);
});

test('graphs lead to the lines of what they show', () => {
  expect(links.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'Overview: CPU by component',
      'Containers: Memory, the highest ten',
      'Nodes: CPU',
      'Cluster: Workloads that lack pods',
      'Web: Sample app: errors',
      'Web: Errors by path',
      'Security & trust: Failed logins to nodes, by user and address',
      'Alert delivery: Deliveries',
    ]),
  );
});

describe.each(links)('$name', (link) => {
  const { url, panel } = link;
  const exprs = (panel.targets ?? []).map(({ expr }) => expr);

  test('leads to lines of the same time, by choices that are there', () => {
    const target = all.find(({ uid }) => new URL(url, 'http://grafana').pathname === `/d/${uid}`);
    const variables = (target?.templating.list ?? []).map(({ name }) => name);

    expect(target?.uid).toBe(LOGS);
    expect(url).toMatch(/&\$\{__url_time_range\}$/);
    expect(choicesOf(link)).not.toEqual([]);
    expect(variables).toEqual(expect.arrayContaining(choicesOf(link).map(([name]) => name)));
  });

  test('takes them from labels of the series, from the row, or names a component', () => {
    const labels = takenFrom('field.labels', link);
    const columns = takenFrom('data.fields', link);
    const fixed = choicesOf(link).filter(([, value]) => !value.includes('$'));

    for (const expr of exprs) expect(keptBy(expr)).toEqual(expect.arrayContaining(labels));
    expect(columnsOf(panel)).toEqual(expect.arrayContaining(columns));
    expect(labels.length + columns.length + fixed.length).toBe(choicesOf(link).length);
    if (fixed.length > 0) expect(components).toContainEqual(Object.fromEntries(fixed));
  });
});

const components = topology.components.map(({ namespace, name: app }) => ({ namespace, app }));

/** Expressions that are recorded, by the name under which they are. */
const recorded = new Map(
  ruleGroups(settings, topology).flatMap(({ rules }) =>
    rules.flatMap((rule): [string, string][] =>
      'record' in rule ? [[rule.record, rule.expr]] : [],
    ),
  ),
);

/** Labels that the series of an expression have. */
function keptBy(expr: string): string[] {
  const rules = [...recorded].flatMap(([name, rule]) => (expr.includes(name) ? [rule] : []));
  return [expr, ...rules].flatMap((each) =>
    [...each.matchAll(/\bby \(([^)]+)\)/g)].flatMap(([, by = '']) => by.split(', ')),
  );
}

/** Labels that a row of a table shows. */
const columnsOf = ({ type, transformations = [] }: WithColumns): readonly string[] =>
  type === 'table' ? transformations.flatMap(({ options }) => options.include?.names ?? []) : [];

describe('the lines that links lead to', () => {
  const config =
    find(stackOf().objects, 'ConfigMap agents/alloy-config').data?.['config.alloy'] ?? '';
  const [, kept = ''] = /stage\.label_keep \{\s*values\s*=\s*\[([^\]]*)\]/.exec(config) ?? [];
  const labels = [...kept.matchAll(/"(\w+)"/g)].map(([, name = '']) => name);
  const targets = (all.find(({ uid }) => uid === LOGS)?.panels ?? [])
    .flatMap(({ targets: each = [] }) => each)
    .filter(({ datasource }) => datasource.uid === dataSourceIds.loki);
  const matched = (text: string): string[] =>
    [...text.matchAll(/([a-z_]+)=~?"[^"]*"/g)].map(([, name = '']) => name);

  test.each([...new Set(links.flatMap((link) => choicesOf(link).map(([name]) => name)))])(
    'are chosen by %s',
    (variable) => {
      const narrowed = targets.filter(({ expr }) => expr.includes(`${variable}=~"$${variable}"`));
      expect(narrowed.length).toBeGreaterThan(0);
    },
  );

  test.each(targets)('have the labels by which $expr selects them', ({ expr }) => {
    const [selector = '', ...filters] = expr.split(/(?<=\})/);
    expect(labels).toContain('job');
    expect(labels).toEqual(expect.arrayContaining(matched(selector)));
    expect(Object.values(LINE_METADATA).flat()).toEqual(
      expect.arrayContaining(matched(filters.join(''))),
    );
  });
});
