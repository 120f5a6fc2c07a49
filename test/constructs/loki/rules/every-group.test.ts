import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { logRules } from '../../../../constructs/loki/rules';
import type { RuleGroup } from '../../../../constructs/prometheus/rules';
import { parseSettings } from '../../../../constructs/settings';
import { buildTopology } from '../../../../constructs/topology';

/** Groups that the tests of this folder try; jest lets a mock see only what is named so. */
const mockTried: RuleGroup[] = [];

jest.mock('../../../support/log-rule-tests', () => ({
  ...jest.requireActual<object>('../../../support/log-rule-tests'),
  describeLogRules: (group: RuleGroup) => mockTried.push(group),
}));

// What else is in these files is run here a second time, and costs nothing.
describe('files with groups of rules', () => {
  readdirSync(__dirname)
    .map((file) => join(__dirname, file))
    .filter(
      (file) => file !== __filename && /^describeLogRules\(/m.test(readFileSync(file, 'utf8')),
    )
    .forEach((file) => jest.requireActual<object>(file));
});

test('every group of rules is tried with a real Loki, as it is', () => {
  const settings = parseSettings({});
  const byName = (groups: readonly RuleGroup[]): RuleGroup[] =>
    groups.toSorted((one, other) => one.name.localeCompare(other.name));

  expect(byName(mockTried)).toEqual(byName(logRules(settings, buildTopology(settings))));
});
