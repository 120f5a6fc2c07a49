import { logRules } from '../../../constructs/loki/rules';
import {
  alertsOf,
  forSeconds,
  ruleGroups,
  type Alert,
  type RuleGroup,
} from '../../../constructs/prometheus/rules';
import { seconds, type Settings } from '../../../constructs/settings';
import type { Topology } from '../../../constructs/topology';
import type { RuleSource } from '../stages';

/** A rule as a drill needs it. */
export interface DrillRule {
  readonly alert: Alert;
  readonly source: RuleSource;
  /** Its `for`. */
  readonly forSeconds: number;
  /** The longest range that its expression looks back over, or that of what it reads; 0 for none. */
  readonly rangeSeconds: number;
}

/**
 * The rule of an alert, as it is installed.
 *
 * @throws Error when there is no such alert.
 */
export function ruleOf(name: string, settings: Settings, topology: Topology): DrillRule {
  const sources: Readonly<Record<RuleSource, readonly RuleGroup[]>> = {
    prometheus: ruleGroups(settings, topology),
    loki: logRules(settings, topology),
  };
  for (const [source, groups] of Object.entries(sources) as [RuleSource, RuleGroup[]][]) {
    const alert = groups.flatMap(alertsOf).find((one) => one.alert === name);
    if (!alert) continue;
    return {
      alert,
      source,
      forSeconds: forSeconds(alert),
      rangeSeconds: rangeOf(alert, groups),
    };
  }
  throw new Error(`there is no alert ${name}`);
}

/** A range, or that of a subquery. */
const RANGE = /\[(\d+[smhdwy])(?::\w*)?\]/g;

function rangeOf({ expr }: Alert, groups: readonly RuleGroup[]): number {
  const recorded = groups
    .flatMap(({ rules }) => rules)
    .flatMap((rule) => ('record' in rule && expr.includes(rule.record) ? [rule.expr] : []));
  const ranges = [expr, ...recorded].flatMap((text) => [...text.matchAll(RANGE)]);
  return Math.max(0, ...ranges.map(([, range = '']) => seconds(range)));
}
