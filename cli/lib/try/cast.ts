import { createHash } from 'node:crypto';
import type { HeldAlert, LabelSet } from './alertmanager';
import { recording, type RecordedAlert } from './recording';

/** A recorded alert in one round: its `#` filled in, so that nothing else in this run has the same name. */
export interface Performance {
  /** Occurs in each message about this alert, and in no other. */
  readonly token: string;
  readonly group: string;
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
}

/** Gives each alert of a round its names. */
export function castRound(round: number): ReadonlyMap<RecordedAlert, Performance> {
  return new Map(
    recording.map((alert, index) => [alert, perform(alert, suffixOf(round, index))] as const),
  );
}

/** The alert as Alertmanager holds it. */
export function heldAlert(
  { group, labels, annotations }: Performance,
  startsAt: Date,
  endsAt?: Date,
): HeldAlert {
  return { group, labels, annotations, startsAt, endsAt };
}

function perform(alert: RecordedAlert, suffix: string): Performance {
  const { name, severity, category, service, summary, description } = alert;
  const filled = Object.entries(alert.labels).map(
    ([label, value]) => [label, value.replace('#', suffix)] as const,
  );
  return {
    token: suffix,
    group: `alertname="${name}", service="${service}"`,
    labels: { alertname: name, severity, category, service, ...Object.fromEntries(filled) },
    annotations: {
      summary,
      description: description.replace('#', suffix),
      runbook_url: `docs/runbooks/${name}.md`,
    },
  };
}

/** Ten letters and digits, as Kubernetes ends the names of pods. */
function suffixOf(round: number, index: number): string {
  const digest = createHash('sha256').update(`${round} ${index}`).digest('hex');
  return `${digest.slice(0, 5)}-${digest.slice(5, 10)}`;
}
