import { performance } from 'node:perf_hooks';

/** Time as the fakes see it: the part of a service's clock that they need. */
export interface Clock {
  /** Wall clock, for what is written down. */
  now(): Date;
  /** Milliseconds that never run backwards, for windows. */
  monotonic(): number;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
};
