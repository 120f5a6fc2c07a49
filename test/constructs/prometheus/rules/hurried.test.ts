import { alertsOf, ruleGroups, type Alert } from '../../../../constructs/prometheus/rules';
import { parseSettings, seconds } from '../../../../constructs/settings';
import { buildTopology } from '../../../../constructs/topology';

/** Seconds of a `for`; what fires at once waits for none. */
const waits = ({ for: time }: Alert): number => (time === '0s' ? 0 : seconds(time));

const alertsWith = (longestFor?: string) => {
  const settings = parseSettings({ thresholds: { longestFor } });
  return ruleGroups(settings, buildTopology(settings)).flatMap(alertsOf);
};

test('no alert waits longer than the settings allow, and none that waited less waits longer', () => {
  const usual = alertsWith();
  const hurried = alertsWith('30s');

  expect(usual.some((alert) => waits(alert) > 30)).toBe(true);
  expect(hurried.map(waits)).toEqual(usual.map((alert) => Math.min(30, waits(alert))));
});
