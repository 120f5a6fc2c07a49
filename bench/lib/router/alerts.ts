import type { LabelSet } from '../../../cli/lib/try/alertmanager';

/** An alert of a bench, as Prometheus would send it. */
export interface BenchAlert {
  /** Occurs in each message about this alert, and in none about another. */
  readonly token: string;
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
}

/** Letters and digits only: no markup changes it, wherever it is shown. */
const TOKEN = /\bn\d{6}x\d{2}\b/g;

/** Every token in a text, each once. */
export const tokensIn = (text: string): Set<string> => new Set(text.match(TOKEN) ?? []);

/**
 * The alert of one place in one group, with the labels and texts of a usual rule.
 *
 * @param group a number below a million; alerts of one group have the name and the service in common.
 * @param member a number below 100.
 */
export function benchAlert(group: number, member: number, labels: LabelSet = {}): BenchAlert {
  const name = String(group).padStart(6, '0');
  const token = `n${name}x${String(member).padStart(2, '0')}`;
  return {
    token,
    labels: {
      alertname: `BenchAlert${name}`,
      service: `service-${group % 40}`,
      severity: group % 10 === 0 ? 'critical' : 'warning',
      category: 'container',
      namespace: 'bench',
      instance: token,
      job: 'bench',
      ...labels,
    },
    annotations: {
      summary: 'CPU of the machine is busy',
      description: 'Idle CPU is 12.4 %, below 35 %, for more than 5 minutes.',
      runbook_url: 'runbooks/BenchAlert.md',
    },
  };
}

/** So many groups with so many alerts each. */
export const benchAlerts = (groups: number, perGroup: number): BenchAlert[] =>
  Array.from({ length: groups * perGroup }, (_, index) =>
    benchAlert(index % groups, Math.floor(index / groups)),
  );
