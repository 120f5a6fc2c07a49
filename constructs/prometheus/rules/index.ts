import type { Settings } from '../../settings';
import type { Topology } from '../../topology';
import { certificates } from './certificates';
import { containers } from './containers';
import { disks } from './disks';
import { nodes } from './nodes';
import type { RuleGroup } from './rule';
import { traffic } from './traffic';
import { watchers } from './watchers';
import { workloads } from './workloads';

export { alertsOf, type Alert, type RuleGroup } from './rule';

/** All rule groups, one for each domain; each becomes a file of its own. */
export const ruleGroups = (settings: Settings, topology: Topology): RuleGroup[] => [
  watchers(topology),
  certificates(settings),
  nodes(settings),
  disks(settings),
  traffic(settings),
  containers(settings),
  workloads(settings),
];
