import { alertsOf, type RuleGroup } from '../../../../constructs/prometheus/rules';
import { containers } from '../../../../constructs/prometheus/rules/containers';
import { disks } from '../../../../constructs/prometheus/rules/disks';
import { nodes } from '../../../../constructs/prometheus/rules/nodes';
import { traffic } from '../../../../constructs/prometheus/rules/traffic';
import { workloads } from '../../../../constructs/prometheus/rules/workloads';
import { parseSettings } from '../../../../constructs/settings';

const defaults = parseSettings({});
const DOMAINS = ['nodes', 'containers'] as const;

const groups = (change: object = {}): RuleGroup[] => {
  const settings = parseSettings({ thresholds: change });
  return [nodes, disks, traffic, containers, workloads].map((group) => group(settings));
};

/** What decides when an alert fires. */
const conditions = (change?: object): Map<string, string> =>
  new Map(
    groups(change).flatMap((group) => [
      ...alertsOf(group).map((alert) => [alert.alert, `${alert.expr} ${alert.for}`] as const),
      ...group.rules.flatMap((rule) =>
        'record' in rule ? [[rule.record, rule.expr] as const] : [],
      ),
    ]),
  );

const changes = DOMAINS.flatMap((domain) =>
  Object.entries(defaults.thresholds[domain]).map(([name, value]) => [
    `${domain}.${name}`,
    { [domain]: { [name]: typeof value === 'string' ? '42h' : 42 } },
  ]),
) as [string, object][];

test.each(changes)('thresholds.%s decides when an alert fires', (_name, change) => {
  const before = conditions();
  const after = conditions(change);

  expect([...after].filter(([name, text]) => before.get(name) !== text).length).toBeGreaterThan(0);
});

test('no two alerts have the same name', () => {
  const names = groups().flatMap((group) => alertsOf(group).map(({ alert }) => alert));

  expect(names).toEqual([...new Set(names)]);
});
