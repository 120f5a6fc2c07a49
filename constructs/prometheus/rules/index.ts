import type { Settings } from '../../settings';
import type { Topology } from '../../topology';
import { certificates } from './certificates';
import { containers } from './containers';
import { controlPlane } from './control-plane';
import { delivery } from './delivery';
import { disks } from './disks';
import { logs } from './logs';
import { nodes } from './nodes';
import { platform } from './platform';
import { hurried, type RuleGroup } from './rule';
import { traffic } from './traffic';
import { watchers } from './watchers';
import { web } from './web';
import { workloads } from './workloads';

export { alertsOf, forSeconds, type Alert, type RuleGroup } from './rule';

/** All rule groups, one for each domain; each becomes a file of its own. */
export const ruleGroups = (settings: Settings, topology: Topology): RuleGroup[] =>
  hurried(settings, [
    watchers(settings, topology),
    delivery(settings),
    certificates(settings),
    nodes(settings),
    disks(settings),
    traffic(settings),
    containers(settings),
    workloads(settings),
    controlPlane(),
    platform(),
    web(settings),
    logs(),
  ]);
