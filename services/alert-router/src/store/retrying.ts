import { BATCH, type Write } from './batches';
import type { Connection } from './connection';
import { settle } from './settling';
import { DEAD, numberOf, type State } from './states';
import { deliveryOf, type Settled, settledAfter } from './statements';
import { isOutdated } from './told';

/** What became of dead letters that were to be sent again. */
export interface RetryResult {
  /** Destinations for which some are pending again. */
  readonly destinations: readonly string[];
  /** How many would have told what is no longer so; they count as coalesced. */
  readonly outdated: number;
  /** Destinations that the configuration no longer has; their dead letters stay. */
  readonly unknown: readonly string[];
}

export interface RetryOptions {
  readonly write: Write;
  readonly isConfigured: (destination: string) => boolean;
}

interface Fate {
  readonly destination: string;
  readonly fate: 'pending' | 'outdated' | 'unknown';
}

/**
 * Makes dead letters pending again, in small transactions; numbers that are of none are left out.
 * @throws StoreUnavailable when the database cannot be written; the rest stays
 */
export async function retry(
  which: readonly number[] | 'all',
  { write, isConfigured }: RetryOptions,
): Promise<RetryResult> {
  const fates: Fate[] = [];
  for await (const ids of batchesOf(which, write)) {
    const some = await write((connection, now) =>
      ids.flatMap((id) => reopen(connection, id, now, isConfigured)),
    );
    fates.push(...some);
  }
  const destinationsOf = (wanted: Fate['fate']): string[] => [
    ...new Set(fates.filter(({ fate }) => fate === wanted).map(({ destination }) => destination)),
  ];
  return {
    destinations: destinationsOf('pending'),
    outdated: fates.filter(({ fate }) => fate === 'outdated').length,
    unknown: destinationsOf('unknown'),
  };
}

async function* batchesOf(
  which: readonly number[] | 'all',
  write: Write,
): AsyncGenerator<readonly number[]> {
  if (which === 'all') {
    yield* allBatches(write);
    return;
  }
  for (let at = 0; at < which.length; at += BATCH) yield which.slice(at, at + BATCH);
}

async function* allBatches(write: Write): AsyncGenerator<readonly number[]> {
  const names = await write(({ books }) => books.destinations());
  for (const name of names) {
    for (const state of DEAD) yield* batchesIn(name, state, write);
  }
}

/** Upwards, so that one which is given up again meanwhile is not met again. */
async function* batchesIn(
  name: string,
  state: State,
  write: Write,
): AsyncGenerator<readonly number[]> {
  let after = 0;
  let rows: Settled[];
  do {
    rows = await write(({ statements }) =>
      settledAfter(statements, name, state, { after, limit: BATCH }),
    );
    yield rows.map(({ id }) => id);
    after = rows.at(-1)?.id ?? after;
  } while (rows.length === BATCH);
}

function reopen(
  connection: Connection,
  id: number,
  now: number,
  isConfigured: RetryOptions['isConfigured'],
): Fate[] {
  const { books, statements } = connection;
  const letter = deliveryOf(statements, id);
  if (!letter || !DEAD.includes(letter.state)) return [];
  const { destination, state, alert } = letter;
  if (!isConfigured(destination)) return [{ destination, fate: 'unknown' }];
  if (isOutdated(books.toldOf(destination, alert.fingerprint), letter)) {
    settle(connection, letter, { to: 'coalesced', now });
    return [{ destination, fate: 'outdated' }];
  }
  statements.reopen.run(now, id, numberOf(state));
  books.move(destination, state, 'pending');
  return [{ destination, fate: 'pending' }];
}
