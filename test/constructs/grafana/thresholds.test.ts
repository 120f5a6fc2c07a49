import { logRules } from '../../../constructs/loki/rules';
import { alertsOf, ruleGroups } from '../../../constructs/prometheus/rules';
import { logs } from '../../../constructs/prometheus/rules/logs';
import { parseSettings } from '../../../constructs/settings';
import { buildTopology } from '../../../constructs/topology';
import { dashboardsOf, panelsOf, type Panel } from '../../support/dashboards';

const settings = parseSettings({});
const topology = buildTopology(settings);
const rulesOfLoki = logRules(settings, topology);
const alerts = [...ruleGroups(settings, topology), ...rulesOfLoki].flatMap(alertsOf);

const namedBy = ({ description = '' }: Panel): string[] =>
  [...description.matchAll(/docs\/runbooks\/(\w+)\.md/g)].map(([, name]) => name ?? '');

const boundsOf = ({ fieldConfig }: Panel): number[] =>
  (fieldConfig?.defaults.thresholds?.steps ?? []).flatMap(({ value }) =>
    value === null ? [] : [value],
  );

const panels = panelsOf(dashboardsOf()).filter(([, panel]) => namedBy(panel).length > 0);

test.each(panels)('%s names alerts that there are', (_, panel) => {
  const names = alerts.map(({ alert }) => alert);
  expect(names).toEqual(expect.arrayContaining(namedBy(panel)));
});

/** What lines say, and what becomes of them on their way. */
const aboutLogs = new Set([...rulesOfLoki, logs()].flatMap(alertsOf).map(({ alert }) => alert));

test.each([...aboutLogs])('%s is named where one looks at what it watches', (name) => {
  expect(panels.flatMap(([, panel]) => namedBy(panel))).toContain(name);
});

/** Numbers that decide when an alert fires; one about what is left is also one about what is used. */
const deciding = (name: string): number[] =>
  alerts
    .filter(({ alert }) => alert === name)
    .flatMap(({ expr }) => [...expr.matchAll(/[<>]=? (\d+(?:\.\d+)?)/g)])
    .flatMap(([, bound]) => [Number(bound), 100 - Number(bound)]);

/** Of what is counted, the first is as bad as many; what no alert has a number for is for the eye. */
const COUNTED = [0, 1, 1e-9];

const coloured = panels.filter(([, panel]) =>
  boundsOf(panel).some((bound) => !COUNTED.includes(bound)),
);

test.each(coloured)('%s changes its colour where its alerts fire', (_, panel) => {
  const known = namedBy(panel).flatMap(deciding);
  for (const bound of boundsOf(panel)) expect(known).toContain(bound);
});

test('the settings decide', () => {
  const changed = new Map(
    panelsOf(
      dashboardsOf({
        thresholds: {
          nodes: {
            cpuIdle: 11,
            memoryAvailable: 12,
            diskWarning: 13,
            diskCritical: 14,
            traffic: 15,
          },
          containers: { cpu: 16, throttled: 17, memory: 18, volume: 19, podsPerNamespace: 20 },
          web: { errors: 22 },
        },
        alertRouter: { heartbeatTimeout: '21s' },
      }),
    ),
  );
  const boundsIn = (name: string): number[] => {
    const panel = changed.get(name);
    if (!panel) throw new Error(`no panel ${name}`);
    return boundsOf(panel);
  };
  expect(boundsIn('nodes.json: CPU').at(-1)).toBe(89);
  expect(boundsIn('nodes.json: Memory')).toEqual(expect.arrayContaining([88]));
  expect(boundsIn('nodes.json: Disk space used')).toEqual([13, 14]);
  expect(boundsIn('nodes.json: Received')).toEqual([15]);
  expect(boundsIn('containers.json: CPU of the limit, the highest ten')).toEqual([16]);
  expect(boundsIn('containers.json: CPU throttled, the highest ten')).toEqual([17]);
  expect(boundsIn('containers.json: Memory of the limit, the highest ten')).toEqual([18]);
  expect(boundsIn('cluster.json: Volumes used')).toEqual([19]);
  expect(boundsIn('containers.json: Pods by namespace')).toEqual([20]);
  expect(boundsIn('web.json: Sample app: errors')).toEqual([22]);
  expect(boundsIn('delivery.json: Last heartbeat')).toEqual([21]);
});
