import { forSeconds, type RuleGroup } from '../../constructs/prometheus/rules';
import { firing, ruleNamed, type RuleTest } from './rule-tests';

/** Two subjects, one on either side of the threshold of an alert. */
export type Subject = 'calm' | 'busy';

export interface Boundary {
  readonly alert: string;
  /** What is measured of a subject whose value is this one. */
  readonly series: (value: number, subject: Subject) => RuleTest['input_series'];
  /** Just on the side of the threshold where nothing fires. */
  readonly calm: number;
  /** Just on the other side. */
  readonly busy: number;
  /** Minutes until the expression can hold: a rate needs its window, say. Default: 0. */
  readonly after?: number;
  /** Labels of the alert about the busy one, beside those that all alerts have. */
  readonly labels: Readonly<Record<string, string>>;
  readonly texts: { readonly summary: string; readonly description: string };
}

/**
 * A test at the threshold of an alert: of two subjects that are almost equal only one fires, not before its time has
 * passed, and then with these labels and texts.
 */
export function atBoundary(group: RuleGroup, boundary: Boundary): RuleTest {
  const { alert: name, series, calm, busy, after = 0, labels, texts } = boundary;
  const alert = ruleNamed(group, name);
  const wait = forSeconds(alert) / 60;
  return {
    name: `${name} is quiet at ${calm}, and fires after ${after + wait} minutes at ${busy}, not before`,
    interval: '1m',
    input_series: [...series(calm, 'calm'), ...series(busy, 'busy')],
    alert_rule_test: [
      ...(after + wait > 0
        ? [{ eval_time: `${after + wait - 1}m`, alertname: name, exp_alerts: [] }]
        : []),
      {
        eval_time: `${after + wait}m`,
        alertname: name,
        exp_alerts: [firing(alert, labels, texts)],
      },
    ],
  };
}
