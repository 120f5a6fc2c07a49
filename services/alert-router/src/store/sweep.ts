import type { Connection } from './connection';
import { outdated, settle } from './settling';
import { numberOf, type State } from './states';
import type { Waiting } from './statements';
import type { Work } from './transactions';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** How long a delivery may be pending. */
const MAX_AGE_MS = DAY_MS;
/** How long it is remembered that an alert ended, and that one fires of which nothing is heard, not even a reminder. */
const RESOLVED_MS = DAY_MS;
const FIRING_MS = 30 * DAY_MS;
const CALLS_MS = 2 * MINUTE_MS;
/** Settled deliveries that are kept, of each destination and state. */
const KEPT: Readonly<Record<Exclude<State, 'pending'>, number>> = {
  delivered: 500,
  coalesced: 500,
  dead: 10_000,
  expired: 10_000,
};
/** Pending ones that are kept of a destination that cannot be called. */
const KEPT_PARKED = 5_000;
/** Rows in one transaction, so that accepting never waits long. */
const BATCH = 500;

export interface SweepOptions {
  readonly write: <T>(work: Work<T>) => Promise<T>;
  /** Deliveries that ended, which the database does not know yet. */
  readonly isHeld: (id: number) => boolean;
}

/** Removes what is no longer needed and ends what waited too long, in small transactions. */
export class Sweep {
  constructor(private readonly options: SweepOptions) {}

  /**
   * @param parked destinations that cannot be called: they hold the newest state of each alert, not its history
   * @throws StoreUnavailable when the database cannot be written; the rest is for the next time
   */
  async run(parked: readonly string[]): Promise<void> {
    const { write } = this.options;
    const destinations = await write(({ books }) => books.destinations());
    for (const name of destinations) {
      if (parked.includes(name)) await this.shrinkParked(name);
      await this.expire(name);
      for (const [state, kept] of Object.entries(KEPT))
        await this.prune(name, state as State, kept);
    }
    await write(forgetAlerts);
    await write((connection, now) => forgetCalls(connection, now - CALLS_MS));
  }

  private async expire(name: string): Promise<void> {
    const reason = 'not delivered within 24 hours';
    await this.repeat((connection, now) => {
      const waiting = this.waiting(connection, name, BATCH);
      const late = waiting.filter(({ since }) => now - since > MAX_AGE_MS);
      for (const { id } of late) {
        settle(connection, { id, destination: name }, { to: 'expired', now, reason });
      }
      return late.length;
    });
  }

  private async shrinkParked(name: string): Promise<void> {
    const reason = `more than ${KEPT_PARKED} deliveries waited for a destination that cannot be called`;
    await this.repeat((connection, now) => {
      const waiting = this.waiting(connection, name, KEPT_PARKED * 4);
      const old = outdated(waiting).slice(0, BATCH);
      for (const { id } of old) {
        settle(connection, { id, destination: name }, { to: 'coalesced', now });
      }
      if (old.length > 0) return old.length;
      const surplus = connection.books.totalsOf(name).pending - KEPT_PARKED;
      const beyond = waiting.slice(0, Math.max(0, Math.min(surplus, BATCH)));
      for (const { id } of beyond) {
        settle(connection, { id, destination: name }, { to: 'expired', now, reason });
      }
      return beyond.length;
    });
  }

  private async prune(name: string, state: State, kept: number): Promise<void> {
    await this.repeat(({ statements }) => {
      const rows = statements.beyond.all(name, numberOf(state), BATCH, kept);
      for (const { id } of rows) statements.remove.run(id as number);
      return rows.length;
    });
  }

  private waiting({ statements }: Connection, name: string, limit: number): Waiting[] {
    const rows = statements.waiting.all(name, limit) as unknown as Waiting[];
    return rows.filter(({ id }) => !this.options.isHeld(id));
  }

  /** Until a transaction did less than a whole batch. */
  private async repeat(work: Work<number>): Promise<void> {
    while ((await this.options.write(work)) >= BATCH);
  }
}

function forgetAlerts({ books, statements }: Connection, now: number): void {
  const gone = [
    ...books.toldBefore('resolved', now - RESOLVED_MS),
    ...books.toldBefore('firing', now - FIRING_MS),
  ];
  for (const [destination, fingerprint] of gone.slice(0, BATCH)) {
    books.setTold(destination, fingerprint, undefined);
    statements.forget.run(fingerprint, destination);
    statements.forgetAlert.run(fingerprint);
  }
}

function forgetCalls({ calls, statements }: Connection, before: number): void {
  statements.forgetCalls.run(before);
  for (const [destination, times] of calls) {
    calls.set(
      destination,
      times.filter((at) => at >= before),
    );
  }
}
