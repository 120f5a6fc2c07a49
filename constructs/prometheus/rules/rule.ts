import { seconds, type Settings } from '../../settings';

/** How urgent an alert is: `critical` wakes someone, `warning` waits for the morning, `none` is a heartbeat. */
export type Severity = 'critical' | 'warning' | 'none';

/** What an alert is about; the alert-router sorts by it. */
export type Category =
  'apache' | 'certificate' | 'container' | 'log' | 'nginx' | 'node' | 'platform' | 'traffic';

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  /** How long the expression must hold. */
  readonly for: string;
  readonly labels: {
    readonly severity: Severity;
    readonly service: string;
    readonly category: Category;
  };
  readonly annotations: {
    readonly summary: string;
    /** Says the value, with its unit. */
    readonly description: string;
    /** File under `docs/`. */
    readonly runbook_url: string;
  };
}

/** A series that rules and dashboards share, computed once for each evaluation. */
export interface Recording {
  /** `level:metric:operations`. */
  readonly record: string;
  readonly expr: string;
}

export interface RuleGroup {
  readonly name: string;
  /** Time between two evaluations. Default: that of the server. */
  readonly interval?: string;
  readonly rules: readonly (Alert | Recording)[];
}

/** The alerts of a group, without what it records. */
export const alertsOf = ({ rules }: RuleGroup): Alert[] =>
  rules.filter((rule): rule is Alert => 'alert' in rule);

/** How long an alert's expression must hold, in seconds. A duration of the settings is never 0, and `seconds` takes none. */
export const forSeconds = ({ for: time }: Pick<Alert, 'for'>): number =>
  time === '0s' ? 0 : seconds(time);

/** The groups with no alert that waits longer than the settings allow. */
export function hurried({ thresholds }: Settings, groups: readonly RuleGroup[]): RuleGroup[] {
  const { longestFor } = thresholds;
  if (longestFor === undefined) return [...groups];
  const isLonger = (rule: Alert): boolean => forSeconds(rule) > seconds(longestFor);
  return groups.map(({ rules, ...group }) => ({
    ...group,
    rules: rules.map((rule) =>
      'alert' in rule && isLonger(rule) ? { ...rule, for: longestFor } : rule,
    ),
  }));
}

export interface AlertProps {
  readonly name: string;
  readonly expr: string;
  readonly for: string;
  readonly severity: Severity;
  readonly service: string;
  readonly category: Category;
  readonly summary: string;
  readonly description: string;
}

/** An alert with its runbook linked: `docs/runbooks/<name>.md`, whose existence is tested. */
export const alert = (props: AlertProps): Alert => ({
  alert: props.name,
  expr: props.expr,
  for: props.for,
  labels: { severity: props.severity, service: props.service, category: props.category },
  annotations: {
    summary: props.summary,
    description: props.description,
    runbook_url: `docs/runbooks/${props.name}.md`,
  },
});
