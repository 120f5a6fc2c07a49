import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** Time as a service sees it; tests pass one that they move by hand. */
export interface Clock {
  /** Wall clock: may jump. For what is compared with certificates and written down. */
  now(): Date;
  /** Milliseconds that never run backwards and know nothing of the wall clock. For waits. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds or as soon as the signal aborts; it never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  },
};
