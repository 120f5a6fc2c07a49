import { type AcceptResult, type Acceptance, acceptAll } from './accepting';
import type { StoreReadings } from '../metrics';
import type { Alert, Delivery, Labels, Message, Outbox } from '../model';
import type { Books } from './books';
import { corruptCopies, lastCorruptAt } from './database';
import { Held } from './held';
import { retry, type RetryResult } from './retrying';
import { settle, type Settling } from './settling';
import { DEAD, numberOf, type State, STATES, type Totals } from './states';
import { deliveriesOf, deliveryOf, type DeliveryRecord } from './statements';
import { alertFromText } from './stored-alert';
import { Sweep, UNCONFIGURED } from './sweep';
import { Transactions, type TransactionsOptions } from './transactions';

export type { Acceptance, AcceptResult, Created } from './accepting';
export type { RetryResult } from './retrying';
export type { DeliveryRecord } from './statements';
export type StoreOptions = TransactionsOptions;

/** Alerts that a scrape tells apart at the most. */
const FIRING_SERIES_MAX = 1000;

/**
 * The outbox: every alert on its way to a destination, what each destination was told, and the ledger of both, in one
 * SQLite database that belongs to this process alone. A promise that it gives resolves after its commit, which is on
 * the disk. A full disk refuses alerts until there is room; a damaged database is moved aside, for an empty one.
 */
export class Store implements Outbox {
  private readonly transactions: Transactions;
  private readonly held: Held;
  private readonly sweeper: Sweep;
  private configured: ReadonlySet<string> | undefined;

  /** @throws StoreRefused when the database is of a newer version, or in use by another process */
  constructor(private readonly options: StoreOptions) {
    this.transactions = new Transactions(options);
    this.held = new Held(options.clock);
    this.sweeper = new Sweep({
      write: (work) => this.transactions.write(work),
      isHeld: (id) => this.held.has(id),
      isConfigured: (name) => this.isConfigured(name),
    });
  }

  /**
   * Says which destinations the configuration has, from now on; until it is said, all are taken for known. What waits
   * for others is given up. Rejects never: what cannot be written now, the next sweep writes.
   */
  async configure(destinations: Iterable<string>): Promise<void> {
    this.configured = new Set(destinations);
    await this.tryWrite(() => this.sweeper.buryUnconfigured());
  }

  /**
   * Stores what destinations do not know yet. The end of an alert goes also where it was told that it fires.
   *
   * @param reminderMs after which an alert that still fires is told again
   * @throws StoreUnavailable when it cannot be stored now; nothing of it is then
   */
  accept(acceptances: readonly Acceptance[], reminderMs: number): Promise<AcceptResult> {
    return this.transactions.write((connection, now) =>
      acceptAll(connection, acceptances, {
        now,
        reminderMs,
        isConfigured: (name) => this.isConfigured(name),
      }),
    );
  }

  pending(destination: string, limit: number): Delivery[] {
    return this.transactions.read([], ({ statements }) =>
      deliveriesOf(statements, destination, 'pending', { limit: limit + this.held.size })
        .filter(({ id }) => !this.held.has(id))
        .slice(0, limit),
    );
  }

  /** Rejects never, as `bury`: when it cannot be written now, memory knows of it until it can. */
  delivered(
    { delivered, coalesced }: Pick<Message, 'delivered' | 'coalesced'>,
    messageId?: string,
  ): Promise<void> {
    return this.settleAll([
      [delivered, { to: 'delivered', messageId }],
      [coalesced, { to: 'coalesced', messageId }],
    ]);
  }

  bury(deliveries: readonly Delivery[], reason: string): Promise<void> {
    return this.settleAll([[deliveries, { to: 'dead', reason }]]);
  }

  /** Rejects never: it only informs. */
  async attempted(deliveries: readonly Delivery[], reason: string): Promise<void> {
    await this.tryWrite(() =>
      this.transactions.write(({ statements }) => {
        for (const { id } of deliveries) statements.attempt.run(reason, id);
      }),
    );
  }

  callsWithin(destination: string, ms: number): number[] {
    const since = this.transactions.now() - ms;
    return this.transactions.read([], ({ calls }) =>
      (calls.get(destination) ?? []).filter((at) => at >= since),
    );
  }

  /** Rejects never: a disk that is full must not keep what is on it from being delivered. */
  async calling(destination: string): Promise<void> {
    const at = this.transactions.now();
    this.transactions.read(undefined, (connection) => {
      connection.callsOf(destination).push(at);
    });
    await this.tryWrite(() =>
      this.transactions.write(({ statements }) => {
        statements.call.run(destination, at);
      }),
    );
  }

  /** The ledger, of each destination that ever had a delivery. */
  totals(): Map<string, Totals> {
    return this.transactions.read(new Map<string, Totals>(), ({ books }) => {
      return new Map(books.destinations().map((name) => [name, books.totalsOf(name)]));
    });
  }

  /** When the oldest pending delivery of a destination was accepted, in milliseconds since the Unix epoch. */
  oldestPending(destination: string): number | undefined {
    return this.transactions.read(undefined, ({ statements }) => {
      return statements.oldest.get(destination)?.at as number | undefined;
    });
  }

  /** Those that were told, newest first; some hundred of each destination are kept. */
  lastDeliveries(limit: number): DeliveryRecord[] {
    return this.newest(['delivered', 'coalesced'], limit);
  }

  /** Those that were given up, newest first. */
  deadLetters(limit: number): DeliveryRecord[] {
    return this.newest(DEAD, limit);
  }

  /** How many dead letters are kept, by destination. */
  deadLetterCounts(): Map<string, number> {
    return this.transactions.read(new Map<string, number>(), ({ books, statements }) => {
      const count = (name: string, state: State): number =>
        Number(statements.count.get(name, numberOf(state))?.count);
      const all = (name: string): number => count(name, 'dead') + count(name, 'expired');
      return new Map(books.destinations().map((name) => [name, all(name)]));
    });
  }

  /** Undefined when there is none of this number, or no more. */
  delivery(id: number): DeliveryRecord | undefined {
    return this.transactions.read(undefined, ({ statements }) => deliveryOf(statements, id));
  }

  /**
   * How many deliveries were given up since, because the configuration no longer has their destination, by destination.
   *
   * @param since milliseconds since the Unix epoch
   */
  orphans(since: number): Map<string, number> {
    return this.transactions.read(new Map<string, number>(), ({ books, statements }) => {
      const count = (name: string): number =>
        Number(statements.countSince.get(name, numberOf('dead'), since, UNCONFIGURED)?.count);
      return new Map(
        books
          .destinations()
          .filter((name) => !this.isConfigured(name))
          .map((name): [string, number] => [name, count(name)])
          .filter(([, letters]) => letters > 0),
      );
    });
  }

  /**
   * Makes dead letters pending again, unless what they say is no longer so.
   * @throws StoreUnavailable when the database cannot be written
   */
  retry(which: readonly number[] | 'all'): Promise<RetryResult> {
    return retry(which, {
      write: (work) => this.transactions.write(work),
      isConfigured: (name) => this.isConfigured(name),
    });
  }

  /** The alerts that fire as far as any destination of the configuration was told, each once. */
  firing(): { readonly groupKey: string; readonly alert: Alert }[] {
    return this.transactions.read([], ({ statements, books }) => {
      const firing = this.firingIn(books);
      const rows = statements.alerts.all() as Record<
        'fingerprint' | 'groupKey' | 'alert',
        string
      >[];
      return rows
        .filter(({ fingerprint }) => firing.has(fingerprint))
        .map(({ groupKey, alert }) => ({ groupKey, alert: alertFromText(alert) }));
    });
  }

  /** Labels of those alerts, or none when there are more than `most`: this is asked often, and must be cheap. */
  private firingLabels(most: number): Labels[] {
    return this.transactions.read([], ({ statements, books }) => {
      const firing = this.firingIn(books);
      if (firing.size > most) return [];
      return [...firing].flatMap((fingerprint) => {
        const row = statements.alert.get(fingerprint) as { readonly alert: string } | undefined;
        return row ? [alertFromText(row.alert).labels] : [];
      });
    });
  }

  /** Fingerprints. */
  private firingIn(books: Books): Set<string> {
    const told = books.toldBefore('firing', Infinity);
    return new Set(
      told.filter(([name]) => this.isConfigured(name)).map(([, fingerprint]) => fingerprint),
    );
  }

  /** A word that survives restarts. */
  get(key: string): string | undefined {
    return this.transactions.read(undefined, ({ meta }) => meta.get(key));
  }

  /** @throws StoreUnavailable when it cannot be written now */
  async set(key: string, value: string): Promise<void> {
    await this.transactions.write(({ statements }) => statements.putMeta.run(key, value));
    this.transactions.read(undefined, ({ meta }) => void meta.set(key, value));
  }

  /** What a scrape shows. */
  readings(): StoreReadings {
    const totals = this.totals();
    const names = [...totals.keys()];
    const now = this.transactions.now();
    const age = (name: string): number => Math.max(0, now - (this.oldestPending(name) ?? now));
    return {
      totals,
      oldestSeconds: new Map(names.map((name) => [name, age(name) / 1000])),
      deadLetters: this.deadLetterCounts(),
      bytes: this.bytes(),
      writable: this.transactions.writable,
      firing: this.firingLabels(FIRING_SERIES_MAX),
    };
  }

  /** Bytes of the database. */
  bytes(): number {
    return this.transactions.read(0, (connection) => connection.bytes());
  }

  /** Whether the last write succeeded, and there is room for more. */
  get writable(): boolean {
    return this.transactions.writable;
  }

  /** Damaged databases that were moved aside and are still there. */
  corruptCopies(): number {
    return corruptCopies(this.options.file).length;
  }

  /** When the last one was, in milliseconds since the Unix epoch. */
  lastCorruptAt(): number | undefined {
    return lastCorruptAt(this.options.file);
  }

  /**
   * Ends what waited too long and removes what is no longer needed; to be called every half minute or so.
   *
   * @param uncallable destinations that cannot be called
   * @throws StoreUnavailable when the database cannot be written
   */
  sweep(uncallable: readonly string[]): Promise<void> {
    return this.sweeper.run(uncallable);
  }

  /**
   * Where the ledger and the rows that it counts differ, one line each; always empty, and slow to find out.
   */
  discrepancies(): string[] {
    return this.transactions.read([], ({ books, statements }) =>
      books.destinations().flatMap((name) =>
        STATES.flatMap((state) => {
          const ledger = books.totalsOf(name)[state];
          const rows = Number(statements.count.get(name, numberOf(state))?.count);
          const stored = statements.total.get(name)?.[state];
          // Settled ones are removed in time, and counted for ever.
          const agree = state === 'pending' ? rows === ledger : rows <= ledger;
          if (agree && stored === ledger) return [];
          return [`${name}: ${ledger} ${state}, but ${rows} rows, and ${String(stored)} stored`];
        }),
      ),
    );
  }

  /** Writes what waits, and frees the database. */
  async close(): Promise<void> {
    await this.held.close();
    this.transactions.close();
  }

  private isConfigured(destination: string): boolean {
    return this.configured?.has(destination) ?? true;
  }

  private settleAll(groups: [readonly Delivery[], Omit<Settling, 'now'>][]): Promise<void> {
    const ids = groups.flatMap(([deliveries]) => deliveries.map(({ id }) => id));
    return this.held.write(ids, () =>
      this.transactions.write((connection, now) => {
        for (const [deliveries, settling] of groups) {
          for (const one of deliveries) settle(connection, one, { ...settling, now });
        }
      }),
    );
  }

  private newest(states: readonly State[], limit: number): DeliveryRecord[] {
    return this.transactions.read([], ({ books, statements }) =>
      books
        .destinations()
        .flatMap((name) =>
          states.flatMap((state) => deliveriesOf(statements, name, state, { limit, newest: true })),
        )
        .sort((a, b) => (b.settledAt ?? 0) - (a.settledAt ?? 0) || b.id - a.id)
        .slice(0, limit),
    );
  }

  private async tryWrite(write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
    } catch (error) {
      const { message } = error as Error;
      this.options.logger.debug({ error: message }, 'not written');
    }
  }
}
