import type { Clock } from '../../../../shared/clock';
import { BAN_FIRST_MS, BAN_LAST_MS, INVALID_MAX, INVALID_WINDOW_MS } from './limits';

/** Invalid answers are counted by slots of this length; milliseconds. */
const SLOT_MS = 10_000;
/** How long others wait while one call finds out whether a ban is over; milliseconds. */
const PROBE_MS = 1_000;

/** What Discord limits for the whole address, so that every webhook has to keep it. */
export class SharedLimits {
  private pausedUntil = -Infinity;
  private bans = 0;
  private probing = false;
  private slots: { readonly startsAt: number; count: number }[] = [];

  constructor(private readonly clock: Clock) {}

  /** Milliseconds until any webhook may be called. */
  waitMs(): number {
    const now = this.clock.monotonic();
    const paused = Math.max(0, this.pausedUntil - now, this.invalidWaitMs(now));
    return paused === 0 && this.probing ? PROBE_MS : paused;
  }

  /** A call goes out. During a ban it is the only one until it is answered. */
  called(): void {
    if (this.bans > 0) this.probing = true;
  }

  /** Discord answered the call with other than a ban. */
  heard(): void {
    this.bans = 0;
    this.probing = false;
  }

  /** The call got no answer, so that nothing is known of the ban. */
  unheard(): void {
    if (this.bans > 0) this.pause(BAN_FIRST_MS);
    this.probing = false;
  }

  /** Every webhook waits. */
  pause(ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, this.clock.monotonic() + ms);
  }

  /** The address is banned. @returns milliseconds until one call may try again. */
  ban(atLeastMs: number): number {
    const ms = Math.max(atLeastMs, Math.min(BAN_FIRST_MS * 2 ** this.bans, BAN_LAST_MS));
    this.bans = Math.min(this.bans + 1, 30);
    this.probing = false;
    this.pause(ms);
    return ms;
  }

  /** An answer of 401, 403 or 429 that Discord counts towards a ban. */
  invalid(): void {
    const now = this.clock.monotonic();
    const slot = this.slots.at(-1);
    if (slot && now - slot.startsAt < SLOT_MS) slot.count += 1;
    else this.slots.push({ startsAt: now, count: 1 });
  }

  /** Milliseconds until enough of the invalid answers are forgotten. */
  private invalidWaitMs(now: number): number {
    this.slots = this.slots.filter(({ startsAt }) => startsAt + SLOT_MS > now - INVALID_WINDOW_MS);
    const count = this.slots.reduce((sum, slot) => sum + slot.count, 0);
    const oldest = this.slots[0];
    if (count < INVALID_MAX || !oldest) return 0;
    return oldest.startsAt + SLOT_MS + INVALID_WINDOW_MS - now;
  }
}
