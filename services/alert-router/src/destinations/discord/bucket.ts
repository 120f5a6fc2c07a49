import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import type { Clock } from '../../../../shared/clock';
import { type HttpReply, jsonOf } from '../http';
import { LONGEST_WINDOW_MS, WINDOWS } from './limits';
import type { SharedLimits } from './shared-limits';

/** Added to each wait that Discord tells, for clocks and networks; milliseconds. */
const MARGIN_MS = 250;
/** When Discord says to wait but not how long; milliseconds. */
const DEFAULT_WAIT_MS = 5_000;

const RateLimitBody = z.object({
  retry_after: z.number().nonnegative().optional().catch(undefined),
  global: z.boolean().optional().catch(undefined),
});

/**
 * When a webhook may be called: by what is known of Discord's limits from the first call on, and by what each answer
 * says in its headers, whichever is stricter.
 */
export class Bucket {
  private pausedUntil = -Infinity;
  /** Monotonic times of the last calls. */
  private calls: number[];

  /** @param ages how long ago earlier calls of this webhook were, in milliseconds */
  constructor(
    private readonly clock: Clock,
    private readonly shared: SharedLimits,
    ages: readonly number[] = [],
  ) {
    const now = clock.monotonic();
    this.calls = ages.map((age) => now - Math.max(0, age)).sort((a, b) => a - b);
  }

  /** Milliseconds until the webhook may be called. */
  waitMs(): number {
    const now = this.clock.monotonic();
    this.calls = this.calls.filter((at) => at > now - LONGEST_WINDOW_MS);
    const windows = WINDOWS.map(({ calls, ms }) => {
      const blocking = this.calls.at(-calls);
      return blocking === undefined ? 0 : blocking + ms - now;
    });
    return Math.max(0, this.pausedUntil - now, ...windows, this.shared.waitMs());
  }

  /** Before each call. */
  called(): void {
    this.calls.push(this.clock.monotonic());
    this.shared.called();
  }

  /** No answer came; Discord may have counted the call or not. */
  unanswered(): void {
    this.settle();
    this.shared.unheard();
  }

  /** @returns milliseconds to wait when the answer is a rate limit. */
  answered(reply: HttpReply): number | undefined {
    this.settle();
    const { status, headers } = reply;
    if (status === 429) return this.limited(reply);
    this.shared.heard();
    if (status === 401 || status === 403) this.shared.invalid();
    if (secondsIn(headers, 'x-ratelimit-remaining') === 0) {
      this.pause((secondsIn(headers, 'x-ratelimit-reset-after') ?? 0) * 1000);
    }
    return undefined;
  }

  /** Discord counted the call somewhere between sending and answer: the later, the safer. */
  private settle(): void {
    if (this.calls.pop() !== undefined) this.calls.push(this.clock.monotonic());
  }

  private limited({ headers, body }: HttpReply): number {
    const said = RateLimitBody.safeParse(jsonOf(body)).data;
    const waitMs = (said?.retry_after ?? secondsIn(headers, 'retry-after') ?? 0) * 1000;
    const scope = headers['x-ratelimit-scope'];
    if (scope !== 'shared') this.shared.invalid();
    // Discord's own limits come with headers and JSON; what is in front of it bans without them.
    if (!hasRateHeaders(headers) || !said) return this.shared.ban(waitMs);

    this.shared.heard();
    const ms = (waitMs || DEFAULT_WAIT_MS) + MARGIN_MS;
    if (said.global || scope === 'global') this.shared.pause(ms);
    else this.pause(ms);
    return ms;
  }

  private pause(ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, this.clock.monotonic() + ms);
  }
}

const hasRateHeaders = (headers: IncomingHttpHeaders): boolean =>
  Object.keys(headers).some((name) => name.startsWith('x-ratelimit-'));

function secondsIn(headers: IncomingHttpHeaders, name: string): number | undefined {
  const value = Number(headers[name] ?? NaN);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
