import { setTimeout as delay } from 'node:timers/promises';

/** Runs `work` over the items, at most `limit` at a time; results in the items' order; the first error ends it. */
export async function mapLimit<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      try {
        results[index] = await work(items[index] as T);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}

export interface PollOptions {
  readonly signal: AbortSignal;
  /** Milliseconds between two attempts. */
  readonly intervalMs: number;
  /** Milliseconds after which polling gives up. */
  readonly timeoutMs: number;
}

/** Calls `attempt` until it gives something other than undefined; undefined when the time is over. */
export async function poll<T>(
  attempt: () => Promise<T | undefined>,
  { signal, intervalMs, timeoutMs }: PollOptions,
): Promise<T | undefined> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    signal.throwIfAborted();
    const result = await attempt();
    if (result !== undefined || Date.now() >= deadline) return result;
    await pause(intervalMs, signal);
  }
}

/** Waits; ends early with the signal's reason. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch {
    signal.throwIfAborted();
  }
}
