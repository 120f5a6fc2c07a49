import { hurried, type RuleGroup } from '../../prometheus/rules/rule';
import type { Settings } from '../../settings';
import type { Topology } from '../../topology';
import { application } from './application';
import { clusterAudit } from './cluster-audit';
import { doors } from './doors';
import { logins } from './logins';
import { nodes } from './nodes';
import { silence } from './silence';
import { web } from './web';

/** Rules about log lines, one group for each domain; Loki evaluates them, and tells the same Alertmanager. */
export const logRules = (settings: Settings, topology: Topology): RuleGroup[] =>
  hurried(settings, [
    application(settings, topology),
    logins(settings),
    nodes(settings),
    clusterAudit(settings, topology),
    web(settings, topology),
    doors(settings),
    silence(topology),
  ]);
