import { Backoff } from '../../../shared/backoff';
import type { Clock } from '../../../shared/clock';

/** Between two attempts to write the same, in milliseconds. */
const RETRY = { firstMs: 500, maxMs: 30_000 };

/**
 * Deliveries that ended, while the disk does not take it: they must not be delivered again. Memory knows of them until
 * the write succeeds; only a kill in between makes duplicates.
 */
export class Held {
  private readonly works = new Map<() => Promise<void>, readonly number[]>();
  private readonly ids = new Set<number>();
  private readonly stopping = new AbortController();

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.ids.size;
  }

  has(id: number): boolean {
    return this.ids.has(id);
  }

  /** Tries the write; when it fails, tries again in the background. Rejects never. */
  async write(ids: readonly number[], work: () => Promise<void>): Promise<void> {
    // From now on: the rows are not to be seen between the answer of the destination and the commit either.
    for (const id of ids) this.ids.add(id);
    this.works.set(work, ids);
    if (!(await this.attempt(work))) void this.repeat(work);
  }

  /** Tries each write once more, and gives up. */
  async close(): Promise<void> {
    this.stopping.abort();
    for (const work of [...this.works.keys()]) await this.attempt(work);
  }

  private async repeat(work: () => Promise<void>): Promise<void> {
    const backoff = new Backoff(RETRY);
    const { signal } = this.stopping;
    do {
      await this.clock.sleep(backoff.next(), signal);
    } while (!signal.aborted && !(await this.attempt(work)));
  }

  private async attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
    } catch {
      return false;
    }
    for (const id of this.works.get(work) ?? []) this.ids.delete(id);
    this.works.delete(work);
    return true;
  }
}
