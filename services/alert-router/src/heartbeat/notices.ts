import { createHash } from 'node:crypto';
import type { Alert, Labels } from '../model';

/** A silence of the heartbeat; times in milliseconds since the Unix epoch, `timeout` in seconds. */
export interface Silence {
  readonly timeout: number;
  readonly since: number;
  readonly lastAt?: number;
  /** When the heartbeat came back; absent while it is away. */
  readonly endsAt?: number;
}

const LABELS: Labels = {
  alertname: 'AlertsNotArriving',
  severity: 'critical',
  category: 'platform',
  service: 'alerting',
};

/** What is told of a silence, and of its end. */
export function heartbeatAlert({ timeout, since, lastAt, endsAt }: Silence): Alert {
  return {
    fingerprint: createHash('sha256').update(JSON.stringify(LABELS)).digest('hex').slice(0, 16),
    status: endsAt === undefined ? 'firing' : 'resolved',
    labels: LABELS,
    annotations: endsAt === undefined ? lost(timeout, lastAt) : BACK,
    startsAt: since,
    endsAt,
  };
}

const lost = (timeout: number, lastAt: number | undefined): Labels => ({
  summary: 'Alerts are no longer arriving',
  description: [
    `Alertmanager's heartbeat (Watchdog) has not come for ${timeout} s;`,
    lastAt === undefined
      ? 'it never came.'
      : `it last came at ${new Date(lastAt).toISOString().slice(0, 19)}Z.`,
    'Until it is back, nobody is told of anything else.',
    'Look whether Prometheus and Alertmanager run (vigil status), whether Prometheus reaches Alertmanager, and whether',
    "Alertmanager's webhook to the alert-router succeeds (its log, and alertmanager_notifications_failed_total).",
  ].join(' '),
  runbook_url: 'HeartbeatMissing.md',
});

const BACK: Labels = {
  summary: 'Alerts are arriving again',
  description: "Alertmanager's heartbeat (Watchdog) is back.",
};
