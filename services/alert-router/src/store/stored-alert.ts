import type { Alert, Labels } from '../model';

/** An alert as the database holds it. */
export function alertToText(alert: Alert): string {
  return JSON.stringify(alert);
}

export function alertFromText(text: string): Alert {
  const { labels, annotations, ...rest } = JSON.parse(text) as Alert;
  return { ...rest, labels: labelsOf(labels), annotations: labelsOf(annotations) };
}

/** A copy without a prototype, so that `__proto__` and `constructor` are names like any other. */
export function labelsOf(record: Labels): Labels {
  return Object.assign(Object.create(null) as Record<string, string>, record);
}
