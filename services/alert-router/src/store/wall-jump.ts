import type { Clock } from '../../../shared/clock';

/** A smaller difference of the two clocks is drift, in milliseconds. */
const JUMP_MS = 60_000;

/** Notices when the wall clock was set, by comparing it with the monotonic one. */
export class WallJump {
  private wall: number;
  private monotonic: number;

  constructor(private readonly clock: Clock) {
    this.wall = clock.now().getTime();
    this.monotonic = clock.monotonic();
  }

  /** By how many milliseconds the wall clock was set since the last `settle`; 0 when it was not. */
  measure(): number {
    const passed = this.clock.monotonic() - this.monotonic;
    const jump = Math.round(this.clock.now().getTime() - this.wall - passed);
    return Math.abs(jump) < JUMP_MS ? 0 : jump;
  }

  /** What was measured is dealt with. */
  settle(): void {
    this.wall = this.clock.now().getTime();
    this.monotonic = this.clock.monotonic();
  }
}
