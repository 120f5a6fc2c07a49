import type { Alert, Labels } from '../model';

/** An alert as an Alertmanager sees it. */
export interface SeenAlert {
  readonly alert: Alert;
  /** Neither silenced, inhibited, muted nor still unprocessed. */
  readonly active: boolean;
}

/**
 * The answer of GET /api/v2/alerts. Every alert must be legible: one that is left out would look as if it had ended.
 *
 * @throws Error when it is anything else
 */
export function parseAlerts(body: unknown): SeenAlert[] {
  if (!Array.isArray(body)) throw new Error('its alerts are no list');
  return body.map((one: unknown) => {
    const { fingerprint, status, labels, annotations, startsAt, generatorURL } = fields(one);
    if (typeof fingerprint !== 'string' || fingerprint === '') {
      throw new Error('one of its alerts has no fingerprint');
    }
    return {
      active: fields(status).state === 'active',
      alert: {
        fingerprint,
        status: 'firing',
        labels: labelsOf(labels),
        annotations: labelsOf(annotations),
        startsAt: timeOf(startsAt, `startsAt of ${fingerprint}`),
        generatorURL: typeof generatorURL === 'string' ? generatorURL : undefined,
      },
    };
  });
}

/**
 * When an Alertmanager started, from its answer to GET /api/v2/status: milliseconds since the Unix epoch.
 *
 * @throws Error when it does not say
 */
export const parseStart = (body: unknown): number => timeOf(fields(body).uptime, 'uptime');

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function labelsOf(value: unknown): Labels {
  const labels = Object.create(null) as Record<string, string>;
  for (const [name, text] of Object.entries(fields(value))) {
    if (typeof text === 'string') labels[name] = text;
  }
  return labels;
}

function timeOf(value: unknown, what: string): number {
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  if (Number.isNaN(time)) throw new Error(`its ${what} is no time`);
  return time;
}
