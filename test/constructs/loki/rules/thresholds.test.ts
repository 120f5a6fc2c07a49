import { logRules } from '../../../../constructs/loki/rules';
import { alertsOf } from '../../../../constructs/prometheus/rules';
import { parseSettings } from '../../../../constructs/settings';
import { buildTopology } from '../../../../constructs/topology';

const defaults = parseSettings({});

/** What decides when an alert fires. */
const conditions = (thresholds: object = {}): string[] => {
  const settings = parseSettings({ thresholds });
  return logRules(settings, buildTopology(settings))
    .flatMap(alertsOf)
    .map(({ expr, for: time }) => `${expr} ${time}`);
};

/** Another value of the same kind. */
const OTHER = { string: '42m', number: 42, object: ['alice'] };

const changes = Object.entries(defaults.thresholds.logs).map(
  ([name, value]) =>
    [name, { logs: { [name]: OTHER[typeof value as keyof typeof OTHER] } }] as const,
);

test.each(changes)('thresholds.logs.%s decides when an alert fires', (_name, change) => {
  expect(conditions(change)).not.toEqual(conditions());
});

test('the longest wait that the settings allow holds for alerts from logs too', () => {
  const times = (settings: object): string[] => conditions(settings).map((text) => text.slice(-3));

  expect(times({}).some((time) => time.endsWith(' 5m'))).toBe(true);
  expect(times({ longestFor: '10s' }).some((time) => time.endsWith('m'))).toBe(false);
});

test('a bound of the web servers holds for what is read in their logs', () => {
  expect(conditions({ web: { errors: 42 } })).not.toEqual(conditions());
});
