import type { Work } from './transactions';

export type Write = <T>(work: Work<T>) => Promise<T>;

/** Rows in one transaction, so that accepting never waits long. */
export const BATCH = 500;

/** Repeats the work, each time in a transaction of its own, until it did less than a whole batch. */
export async function inBatches(write: Write, work: Work<number>): Promise<void> {
  while ((await write(work)) >= BATCH);
}
