import type { Delivery } from '../model';
import type { Connection } from './connection';
import { numberOf, type State } from './states';
import { deliveryOf, type Waiting } from './statements';

type Settled = Exclude<State, 'pending'>;

export interface Settling {
  readonly to: Settled;
  /** In milliseconds since the Unix epoch. */
  readonly now: number;
  readonly reason?: string;
  readonly messageId?: string;
}

/**
 * Ends a pending delivery; within a transaction. One that expired while its message was under way is delivered all the
 * same; what ended otherwise stays as it is.
 */
export function settle(
  { books, statements }: Connection,
  { id, destination }: Pick<Delivery, 'id' | 'destination'>,
  { to, now, reason, messageId }: Settling,
): void {
  for (const from of ['pending', 'expired'] as const) {
    const values = [numberOf(to), now, reason ?? null, messageId ?? null, id, numberOf(from)];
    if (statements.settle.run(...values).changes === 0) continue;
    books.move(destination, from, to);
    return;
  }
}

/**
 * Makes a dead letter pending again, if it is one; within a transaction. One whose alert was told of since has nothing
 * to add, and would tell that an alert fires which is over: it counts as coalesced.
 */
export function reopen(
  { books, statements }: Connection,
  id: number,
  now: number,
): string | undefined {
  const record = deliveryOf(statements, id);
  if (record?.state !== 'dead' && record?.state !== 'expired') return undefined;
  const { state, destination, kind } = record;
  const isOutdated =
    kind !== 'test' &&
    kind !== 'notice' &&
    statements.toldLater.get(id, numberOf('delivered')) !== undefined;
  if (isOutdated) {
    statements.settle.run(numberOf('coalesced'), now, null, null, id, numberOf(state));
    books.move(destination, state, 'coalesced');
    return undefined;
  }
  statements.reopen.run(now, id, numberOf(state));
  books.move(destination, state, 'pending');
  return destination;
}

/** The pending deliveries that a later one of the same alert makes needless. */
export function outdated(waiting: readonly Waiting[]): Waiting[] {
  const newest = new Map(waiting.map(({ fingerprint, id }) => [fingerprint, id]));
  return waiting.filter(
    ({ kind, fingerprint, id }) =>
      kind !== 'test' && kind !== 'notice' && newest.get(fingerprint) !== id,
  );
}
