import { createHash } from 'node:crypto';
import type { Delivery } from '../model';

/** The same for the same deliveries, over restarts, so that a receiver knows a repetition. */
export function keyOfDeliveries(deliveries: readonly Delivery[]): string {
  // Ids begin anew when a database is lost.
  const parts = deliveries.map(({ id, alert, acceptedAt }) => [id, alert.fingerprint, acceptedAt]);
  return digestOf(JSON.stringify(parts));
}

/** 128 bits of SHA-256, in hexadecimal. */
export const digestOf = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 32);
