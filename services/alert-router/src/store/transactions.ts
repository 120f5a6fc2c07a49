import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import { Connection } from './connection';
import { moveAside } from './database';
import { isCorrupt, resultCode, StoreUnavailable } from './errors';
import { WallJump } from './wall-jump';
import { WriteQueue } from './write-queue';

export interface TransactionsOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The largest size of the database. Default: 80 % of its volume. */
  readonly maxBytes?: number;
  /** A damaged database was moved to this path, and an empty one is in its place. */
  readonly onCorrupt?: (copy: string) => void;
}

/** What a write does; `now` is in milliseconds since the Unix epoch. It is synchronous, and may run again. */
export type Work<T> = (connection: Connection, now: number) => T;

/** Reads and writes of the database, and what to do when it fails: memory and disk always agree. */
export class Transactions {
  private connection: Connection | undefined;
  private readonly queue = new WriteQueue((work) => this.transact(work));
  private readonly jump: WallJump;
  private succeeded = true;
  private closed = false;
  /** An empty database that is damaged too is a broken disk. */
  private replacing = false;

  /** @throws StoreRefused when the database must not be used */
  constructor(private readonly options: TransactionsOptions) {
    this.jump = new WallJump(options.clock);
    this.connect();
  }

  /** Whether the last write succeeded, and there is room for more. */
  get writable(): boolean {
    return this.succeeded && !this.read(true, (connection) => connection.isFull());
  }

  /**
   * In one transaction with the other writes of this turn of the event loop. Resolves after the commit.
   * @throws StoreUnavailable when it failed for want of a working disk
   */
  async write<T>(work: Work<T>): Promise<T> {
    if (this.closed) throw new StoreUnavailable('the store is closed');
    return this.queue.add(() => work(this.opened(), this.now()));
  }

  /** What is read when the database cannot be is the fallback. */
  read<T>(fallback: T, work: (connection: Connection) => T): T {
    if (this.closed) return fallback;
    try {
      return work(this.opened());
    } catch (error) {
      const failure = this.failed(error);
      if (failure instanceof StoreUnavailable) return fallback;
      throw failure;
    }
  }

  /** Milliseconds since the Unix epoch. */
  now(): number {
    return this.options.clock.now().getTime();
  }

  /** Writes what waits, and ends. Whoever asks later is refused. */
  close(): void {
    if (this.closed) return;
    this.queue.flush();
    this.closed = true;
    this.connection?.close();
  }

  private transact<T>(work: () => T): T {
    try {
      const connection = this.opened();
      this.followWallClock(connection);
      const result = connection.transact(work);
      this.succeeded = true;
      return result;
    } catch (error) {
      throw this.failed(error);
    }
  }

  private followWallClock(connection: Connection): void {
    const jump = this.jump.measure();
    if (jump !== 0) {
      this.options.logger.warn({ seconds: jump / 1000 }, 'the wall clock was set');
      connection.shiftTimes(jump, this.now());
    }
    this.jump.settle();
  }

  /** The error for the caller. */
  private failed(error: unknown): unknown {
    if (resultCode(error) === undefined) return error;
    const { message } = error as Error;
    if (this.succeeded) this.options.logger.error({ error: message }, 'the store failed');
    this.succeeded = false;
    if (isCorrupt(error) && !this.replacing) this.replace(message);
    return new StoreUnavailable(message);
  }

  private opened(): Connection {
    if (!this.connection) this.connect();
    if (!this.connection) throw new StoreUnavailable('the database cannot be opened');
    return this.connection;
  }

  private connect(): void {
    const { file, maxBytes } = this.options;
    try {
      this.connection = new Connection(file, this.now(), maxBytes);
    } catch (error) {
      const failure = this.failed(error);
      if (!(failure instanceof StoreUnavailable)) throw failure;
    }
  }

  /** Never a reason to stop: what was lost, the comparison with Alertmanager finds again as far as it still fires. */
  private replace(reason: string): void {
    const { file, clock, logger, onCorrupt } = this.options;
    this.connection?.close();
    this.connection = undefined;
    const copy = moveAside(file, clock.now());
    this.replacing = true;
    logger.error(
      { reason, copy },
      'the database was damaged: moved aside, started with an empty one',
    );
    try {
      this.connect();
    } finally {
      this.replacing = false;
    }
    if (onCorrupt) setImmediate(() => onCorrupt(copy));
  }
}
