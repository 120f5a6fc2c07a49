import type { Clock } from '../../services/shared/clock';

/** A clock that stands still unless it is moved; sleeping moves it. */
export class TestClock implements Clock {
  private elapsed = 0;
  private jump = 0;

  constructor(private readonly start = new Date('2026-06-01T12:00:00Z')) {}

  now(): Date {
    return new Date(this.start.getTime() + this.elapsed + this.jump);
  }

  monotonic(): number {
    return this.elapsed;
  }

  sleep(ms: number): Promise<void> {
    this.elapsed += ms;
    return Promise.resolve();
  }

  /** Lets time pass. */
  advance(seconds: number): void {
    this.elapsed += seconds * 1000;
  }

  /** The wall clock is set forward, or back when negative, while no time passes. */
  jumpBy(seconds: number): void {
    this.jump += seconds * 1000;
  }
}
