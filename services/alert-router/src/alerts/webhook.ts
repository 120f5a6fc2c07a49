import { createHash } from 'node:crypto';
import type { Alert, Labels, Notification } from '../model';
import { clip } from './clip';

/** A body that is none of Alertmanager's; the message is one line. */
export class WebhookRefused extends Error {}

/** Characters of one value, of one name, and of what could not be read: enough for people, and it stays deliverable. */
const VALUE_LENGTH = 16 * 1024;
const NAME_LENGTH = 1024;
const FINGERPRINT_LENGTH = 128;

/**
 * Reads the body of Alertmanager's webhook (version 4). Leniently: whoever answers 4xx loses the alerts, so what is
 * unknown is ignored, what is missing has a default, and what cannot be read of one alert is told as such.
 *
 * @throws WebhookRefused when it is not JSON, or no object with `version: "4"` and a list of alerts
 */
export function parseWebhook(text: string): Notification {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new WebhookRefused('the body is not JSON');
  }
  const { version, alerts, groupKey, truncatedAlerts } = fieldsOf(body);
  if (version !== '4') throw new WebhookRefused('the body is not of version "4"');
  if (!Array.isArray(alerts)) throw new WebhookRefused('the body has no list of alerts');
  return {
    groupKey: typeof groupKey === 'string' ? clip(groupKey, VALUE_LENGTH) : '',
    alerts: alerts.map(alertOf),
    truncatedAlerts: Number.isSafeInteger(truncatedAlerts)
      ? Math.max(0, truncatedAlerts as number)
      : 0,
  };
}

function alertOf(value: unknown): Alert {
  const fields = fieldsOf(value);
  if (!isRecord(fields.labels)) return unreadable(value);
  const labels = labelsOf(fields.labels);
  const endsAt = timeOf(fields.endsAt);
  return {
    fingerprint: fingerprintOf(fields.fingerprint) ?? hashOf(labels),
    status: fields.status === 'resolved' ? 'resolved' : 'firing',
    labels,
    annotations: labelsOf(fields.annotations),
    // Without a start it is the same incident for ever, rather than another one each time.
    startsAt: timeOf(fields.startsAt) ?? 0,
    ...(fields.status === 'resolved' && endsAt !== undefined && { endsAt }),
    ...(typeof fields.generatorURL === 'string' && {
      generatorURL: clip(fields.generatorURL, VALUE_LENGTH),
    }),
  };
}

/** Labels that no ordinary route matches, so that it goes to the default destinations. */
function unreadable(value: unknown): Alert {
  const content = textOf(value);
  const labels = labelsOf({ alertname: 'UnreadableAlert' });
  return {
    fingerprint: hashOf({ ...labels, content }),
    status: 'firing',
    labels,
    annotations: labelsOf({
      summary: 'Alertmanager sent an alert that cannot be read',
      description: content,
    }),
    startsAt: 0,
  };
}

function labelsOf(value: unknown): Labels {
  const labels = Object.create(null) as Record<string, string>;
  for (const [name, one] of Object.entries(fieldsOf(value))) {
    labels[clip(name, NAME_LENGTH)] = textOf(one);
  }
  return labels;
}

function textOf(value: unknown): string {
  return clip(typeof value === 'string' ? value : jsonOf(value), VALUE_LENGTH);
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    // Nested more deeply than the stack allows.
    return '…';
  }
}

/** Milliseconds since the Unix epoch; undefined for Go's zero time, and for what is no time. */
function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  return time > 0 ? time : undefined;
}

function fingerprintOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return value.length <= FINGERPRINT_LENGTH ? value.toWellFormed() : undefined;
}

function hashOf(labels: Labels): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
