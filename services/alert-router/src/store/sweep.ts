import { BATCH, inBatches, type Write } from './batches';
import type { Connection } from './connection';
import { Pruning } from './pruning';
import { outdated, settle } from './settling';
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
/** Pending ones that are kept of a destination that cannot be called. */
const KEPT_UNCALLABLE = 5_000;

/** Why what waited for a destination that the configuration no longer has was given up. */
export const UNCONFIGURED = 'no longer configured';

export interface SweepOptions {
  readonly write: Write;
  /** Deliveries that ended, which the database does not know yet. */
  readonly isHeld: (id: number) => boolean;
  readonly isConfigured: (destination: string) => boolean;
}

/** Removes what is no longer needed and ends what waited too long, in small transactions. */
export class Sweep {
  private readonly pruning: Pruning;

  constructor(private readonly options: SweepOptions) {
    this.pruning = new Pruning(options.write);
  }

  /**
   * @param uncallable destinations that cannot be called: they hold the newest state of each alert, not its history
   * @throws StoreUnavailable when the database cannot be written; the rest is for the next time
   */
  async run(uncallable: readonly string[]): Promise<void> {
    const { write } = this.options;
    await this.buryUnconfigured();
    const destinations = await this.destinations();
    for (const name of destinations) {
      if (uncallable.includes(name)) await this.shrink(name);
      await this.expire(name);
    }
    await this.pruning.run(destinations);
    await write(forgetAlerts);
    await write((connection, now) => forgetCalls(connection, now - CALLS_MS));
  }

  /**
   * Gives up what waits for destinations that the configuration no longer has.
   * @throws StoreUnavailable when the database cannot be written
   */
  async buryUnconfigured(): Promise<void> {
    for (const name of await this.destinations()) {
      if (this.options.isConfigured(name)) continue;
      await this.repeat((connection, now) => {
        const waiting = this.waiting(connection, name, BATCH);
        for (const { id } of waiting) {
          const settling = { to: 'dead', now, reason: UNCONFIGURED } as const;
          settle(connection, { id, destination: name }, settling);
        }
        return waiting.length;
      });
    }
  }

  private destinations(): Promise<string[]> {
    return this.options.write(({ books }) => books.destinations());
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

  private async shrink(name: string): Promise<void> {
    const reason = `more than ${KEPT_UNCALLABLE} deliveries waited for a destination that cannot be called`;
    await this.repeat((connection, now) => {
      const waiting = this.waiting(connection, name, KEPT_UNCALLABLE * 4);
      const old = outdated(waiting).slice(0, BATCH);
      for (const { id } of old) {
        settle(connection, { id, destination: name }, { to: 'coalesced', now });
      }
      if (old.length > 0) return old.length;
      const surplus = connection.books.totalsOf(name).pending - KEPT_UNCALLABLE;
      const beyond = waiting.slice(0, Math.max(0, Math.min(surplus, BATCH)));
      for (const { id } of beyond) {
        settle(connection, { id, destination: name }, { to: 'expired', now, reason });
      }
      return beyond.length;
    });
  }

  private waiting({ statements }: Connection, name: string, limit: number): Waiting[] {
    const rows = statements.waiting.all(name, limit) as unknown as Waiting[];
    return rows.filter(({ id }) => !this.options.isHeld(id));
  }

  private repeat(work: Work<number>): Promise<void> {
    return inBatches(this.options.write, work);
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
