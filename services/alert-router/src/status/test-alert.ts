import { randomBytes } from 'node:crypto';
import type { Alert, Labels } from '../model';

const LABELS: Labels = {
  alertname: 'TestAlert',
  severity: 'warning',
  category: 'platform',
  service: 'alerting',
};

/**
 * The alert of a test message. Its fingerprint is its own each time, so that no two tests are taken for one.
 *
 * @param labels added to, or in place of, those of a test
 * @param now milliseconds since the Unix epoch
 */
export function testAlert(labels: Labels, now: number): Alert {
  return {
    fingerprint: randomBytes(8).toString('hex'),
    status: 'firing',
    labels: testLabels(labels),
    annotations: {
      summary: 'This is a test',
      description:
        'Someone asked for this message to see whether it arrives. There is nothing to do.',
    },
    startsAt: now,
  };
}

/** The labels by which a test is routed. */
export const testLabels = (labels: Labels): Labels =>
  // Null-prototype, as all labels.
  Object.assign(Object.create(null) as Record<string, string>, LABELS, labels);
