interface Waiting {
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: the writes of one turn of the event loop share a transaction, because what a commit costs (a flush to
 * the disk) it costs once. When the shared one fails, each has one of its own, so that none sinks the others.
 */
export class WriteQueue {
  private waiting: Waiting[] = [];

  /** @param transact runs the work in a transaction, and throws when it was rolled back */
  constructor(private readonly transact: <T>(work: () => T) => T) {}

  /** Resolves with what the work returned, after its commit. The work may run more than once, and is synchronous. */
  add<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      if (this.waiting.length === 1) setImmediate(() => this.flush());
    });
  }

  /** Writes what waits, now. */
  flush(): void {
    const batch = this.waiting;
    this.waiting = [];
    if (batch.length === 0) return;
    try {
      const results = this.transact(() => batch.map(({ work }) => work()));
      batch.forEach(({ resolve }, index) => resolve(results[index]));
    } catch (error) {
      const [only] = batch;
      if (batch.length === 1) only?.reject(error);
      else for (const one of batch) this.writeAlone(one);
    }
  }

  private writeAlone({ work, resolve, reject }: Waiting): void {
    try {
      resolve(this.transact(work));
    } catch (error) {
      reject(error);
    }
  }
}
