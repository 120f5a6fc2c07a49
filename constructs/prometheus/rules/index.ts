import type { Settings } from '../../settings';
import type { Topology } from '../../topology';
import { certificates } from './certificates';
import type { RuleGroup } from './rule';
import { watchers } from './watchers';

export { alertsOf, type Alert, type RuleGroup } from './rule';

/** All rule groups, one for each domain; each becomes a file of its own. */
export const ruleGroups = (settings: Settings, topology: Topology): RuleGroup[] => [
  watchers(topology),
  certificates(settings),
];
