import type { Delivery } from '../model';
import type { Connection } from './connection';
import { numberOf, type State } from './states';
import type { Waiting } from './statements';

type Settled = Exclude<State, 'pending'>;

export interface Settling {
  readonly to: Settled;
  /** In milliseconds since the Unix epoch. */
  readonly now: number;
  readonly reason?: string;
  readonly messageId?: string;
}

/** What may still end otherwise: a message that was under way when its delivery was given up may yet arrive. */
const OPEN: readonly State[] = ['pending', 'expired', 'dead'];

/**
 * Ends a pending delivery, or one that was given up; within a transaction. What was delivered or coalesced stays so.
 */
export function settle(
  { books, statements }: Connection,
  { id, destination }: Pick<Delivery, 'id' | 'destination'>,
  { to, now, reason, messageId }: Settling,
): void {
  for (const from of OPEN.filter((state) => state !== to)) {
    const values = [numberOf(to), now, reason ?? null, messageId ?? null, id, numberOf(from)];
    if (statements.settle.run(...values).changes === 0) continue;
    books.move(destination, from, to);
    return;
  }
}

/** The pending deliveries that a later one of the same alert makes needless. */
export function outdated(waiting: readonly Waiting[]): Waiting[] {
  const newest = new Map(waiting.map(({ fingerprint, id }) => [fingerprint, id]));
  return waiting.filter(
    ({ kind, fingerprint, id }) =>
      kind !== 'test' && kind !== 'notice' && newest.get(fingerprint) !== id,
  );
}
