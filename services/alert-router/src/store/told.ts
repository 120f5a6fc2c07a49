import type { Alert, AlertStatus, Delivery } from '../model';

/** What a destination knows of an alert. */
export interface Told {
  readonly status: AlertStatus;
  readonly startsAt: number;
  /** When it was last told, in milliseconds since the Unix epoch. */
  readonly toldAt: number;
}

/**
 * How much later a start must be to be another incident, in milliseconds: two Prometheus replicas see the same one at
 * different times, and each Alertmanager of a pair may have heard of it from another one.
 */
const SAME_INCIDENT_MS = 5 * 60_000;

/**
 * Whether a destination is to be told of an alert, and as what; undefined when it knows already. An end that it knows
 * nothing of is told, so that a database that was lost hides none; so is each return after an end.
 */
export function whatToTell(
  told: Told | undefined,
  alert: Alert,
  now: number,
  reminderMs: number,
): 'firing' | 'resolved' | 'reminder' | undefined {
  if (!told) return alert.status;
  const another = alert.startsAt > told.startsAt + SAME_INCIDENT_MS;
  if (alert.status === 'resolved') {
    if (told.status === 'resolved') return another ? 'resolved' : undefined;
    return isStale(alert, told) ? undefined : 'resolved';
  }
  if (told.status === 'resolved' || another) return 'firing';
  return now - told.toldAt >= reminderMs ? 'reminder' : undefined;
}

/**
 * Whether a delivery that was given up says what is no longer so: that an alert fires of which the end or another
 * incident was told since, or is forgotten; or the end of one that fires again. What people or the router itself wrote
 * stays true.
 */
export function isOutdated(
  told: Told | undefined,
  { kind, alert }: Pick<Delivery, 'kind' | 'alert'>,
): boolean {
  if (kind === 'test' || kind === 'notice') return false;
  if (kind === 'resolved') return told?.status === 'firing';
  return told?.status !== 'firing' || told.startsAt > alert.startsAt + SAME_INCIDENT_MS;
}

/** The end of an incident before the one that fires now, as a group that failed for long repeats it. */
function isStale(alert: Alert, told: Told): boolean {
  return alert.endsAt !== undefined && alert.endsAt < told.startsAt;
}
