import { BATCH, inBatches, type Write } from './batches';
import type { Connection } from './connection';
import { DEAD, numberOf, type State } from './states';
import { settledAfter } from './statements';

/** Settled deliveries that are kept, of each destination and state. */
const KEPT: Readonly<Record<Exclude<State, 'pending'>, number>> = {
  delivered: 500,
  coalesced: 500,
  dead: 10_000,
  expired: 10_000,
};
/** How long a dead letter is kept. */
const LETTER_MS = 7 * 24 * 3_600_000;
/** What makes room in a full database, the first first. */
const EXPENDABLE: readonly (readonly State[])[] = [DEAD, ['coalesced', 'delivered']];
/** Rows that go at once from a full database: no more than is needed. */
const FEW = 50;

/** Removes settled deliveries that are no longer needed. The ledger goes on counting them. */
export class Pruning {
  constructor(private readonly write: Write) {}

  /** @throws StoreUnavailable when the database cannot be written */
  async run(destinations: readonly string[]): Promise<void> {
    for (const name of destinations) {
      for (const [state, kept] of Object.entries(KEPT)) {
        await inBatches(this.write, (connection) => {
          return removeBeyond(connection, name, state as State, kept);
        });
      }
      for (const state of DEAD) {
        await inBatches(this.write, (connection, now) => {
          return removeOld(connection, name, state, now - LETTER_MS);
        });
      }
    }
    while ((await this.write(makeRoom)) > 0);
  }
}

function removeBeyond(
  { statements }: Connection,
  name: string,
  state: State,
  kept: number,
): number {
  const rows = statements.beyond.all(name, numberOf(state), BATCH, kept);
  for (const { id } of rows) statements.remove.run(id as number);
  return rows.length;
}

/** Looks at the oldest only: whoever was accepted later is hardly ever given up much earlier. */
function removeOld({ statements }: Connection, name: string, state: State, before: number): number {
  const old = settledAfter(statements, name, state, { limit: BATCH }).filter(
    ({ settledAt }) => settledAt < before,
  );
  for (const { id } of old) statements.remove.run(id);
  return old.length;
}

/** An alert that is new matters more than one that was given up: without room, Alertmanager keeps what it has. */
function makeRoom(connection: Connection): number {
  if (!connection.isFull()) return 0;
  const { books, statements } = connection;
  for (const states of EXPENDABLE) {
    const oldest = books
      .destinations()
      .flatMap((name) =>
        states.flatMap((state) => settledAfter(statements, name, state, { limit: FEW })),
      )
      .sort((a, b) => a.id - b.id)
      .slice(0, FEW);
    for (const { id } of oldest) statements.remove.run(id);
    if (oldest.length > 0) return oldest.length;
  }
  return 0;
}
