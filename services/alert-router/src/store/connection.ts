import type { DatabaseSync } from 'node:sqlite';
import { Books } from './books';
import { openDatabase } from './database';
import { STATES } from './states';
import { prepareStatements, type Statements } from './statements';
import type { Told } from './told';

/** The first delivery of a database, in milliseconds since then: no number is used again after a database was lost. */
const NUMBERS_SINCE = Date.UTC(2026, 0);
const FIRST_ID = 'outbox.firstId';

/** An open database with what memory holds of it. */
export class Connection {
  readonly statements: Statements;
  readonly books: Books;
  /** Times of recent calls by destination, oldest first. */
  readonly calls = new Map<string, number[]>();
  readonly meta = new Map<string, string>();
  private readonly db: DatabaseSync;
  private readonly acceptPages: number;
  /** Whether it was full when the running transaction began: asking SQLite for each alert would cost more than it says. */
  private wasFull?: boolean;

  /**
   * @throws StoreRefused when the database must not be used
   * @throws Error of SQLite otherwise
   */
  constructor(file: string, now: number, maxBytes?: number) {
    const { db, acceptPages } = openDatabase(file, maxBytes);
    this.db = db;
    this.acceptPages = acceptPages;
    try {
      this.statements = prepareStatements(db);
      this.books = this.load(now);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Runs the work in a transaction: all of it, or nothing, of the database and of what memory holds. */
  transact<T>(work: () => T): T {
    try {
      this.db.exec('BEGIN IMMEDIATE');
      this.wasFull = this.isFull();
      const result = work();
      for (const [destination, counts] of this.books.changes()) {
        this.statements.putTotal.run(destination, ...counts);
      }
      this.db.exec('COMMIT');
      this.books.keep();
      return result;
    } catch (error) {
      this.books.undo();
      // SQLite rolls back by itself after some errors, such as a full disk.
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      throw error;
    } finally {
      this.wasFull = undefined;
    }
  }

  /**
   * The wall clock was set: what waits and what is kept keeps its age.
   *
   * @param ms by so many milliseconds
   * @param now what it shows since, in milliseconds since the Unix epoch: what was written in between shows it already,
   *   and nothing is of the future, where it would never be old enough
   */
  shiftTimes(ms: number, now: number): void {
    const shifted = (column: string): string => `${column} = min(${column} + ${ms}, ${now})`;
    this.transact(() => {
      this.db.exec(`
        UPDATE delivery SET ${shifted('accepted_at')}, ${shifted('pending_since')} WHERE state = 0;
        UPDATE delivery SET ${shifted('settled_at')} WHERE state <> 0;
        UPDATE told SET ${shifted('told_at')};
        UPDATE call SET ${shifted('at')};`);
    });
    this.books.mapTold((told) => ({ ...told, toldAt: Math.min(told.toldAt + ms, now) }));
    for (const [destination, times] of this.calls) {
      this.calls.set(
        destination,
        times.map((at) => Math.min(at + ms, now)),
      );
    }
  }

  /** Whether it must not grow by more alerts. */
  isFull(): boolean {
    if (this.wasFull !== undefined) return this.wasFull;
    const { pages, free } = this.size();
    return pages - free >= this.acceptPages;
  }

  bytes(): number {
    const { pages, size } = this.size();
    return pages * size;
  }

  close(): void {
    if (this.db.isOpen) this.db.close();
  }

  private size(): Record<'pages' | 'free' | 'size', number> {
    return this.statements.size.get() as Record<'pages' | 'free' | 'size', number>;
  }

  private load(now: number): Books {
    const { statements } = this;
    for (const { key, value } of statements.allMeta.all())
      this.meta.set(key as string, value as string);
    for (const { destination, at } of statements.allCalls.all()) {
      this.callsOf(destination as string).push(at as number);
    }
    const books = new Books(this.firstId(now));
    for (const row of statements.allTotals.all()) {
      books.load(
        row.destination as string,
        STATES.map((state) => row[state] as number),
      );
    }
    for (const row of statements.allTold.iterate()) {
      const { fingerprint, destination, status, startsAt, toldAt } = row as unknown as ToldRow;
      books.setTold(destination, fingerprint, { status, startsAt, toldAt });
    }
    books.keep();
    return books;
  }

  /** Times of recent calls to a destination, oldest first; to be changed. */
  callsOf(destination: string): number[] {
    const known = this.calls.get(destination);
    if (known) return known;
    const times: number[] = [];
    this.calls.set(destination, times);
    return times;
  }

  private firstId(now: number): number {
    const known = this.meta.get(FIRST_ID);
    if (known !== undefined) return Number(known);
    const first = Math.max(1, now - NUMBERS_SINCE);
    this.statements.putMeta.run(FIRST_ID, String(first));
    this.meta.set(FIRST_ID, String(first));
    return first;
  }
}

interface ToldRow extends Told {
  readonly fingerprint: string;
  readonly destination: string;
}
