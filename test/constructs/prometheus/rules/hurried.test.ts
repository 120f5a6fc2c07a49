import { alertsOf, forSeconds, ruleGroups } from '../../../../constructs/prometheus/rules';
import { parseSettings } from '../../../../constructs/settings';
import { buildTopology } from '../../../../constructs/topology';

const alertsWith = (longestFor?: string) => {
  const settings = parseSettings({ thresholds: { longestFor } });
  return ruleGroups(settings, buildTopology(settings)).flatMap(alertsOf);
};

test('no alert waits longer than the settings allow, and none that waited less waits longer', () => {
  const usual = alertsWith();
  const hurried = alertsWith('30s');

  expect(usual.some((alert) => forSeconds(alert) > 30)).toBe(true);
  expect(hurried.map(forSeconds)).toEqual(usual.map((alert) => Math.min(30, forSeconds(alert))));
});
