import type { Random } from '../random';
import type { RateLimitScope } from './rate-limiter';

/** Something that can happen to a call. */
export type Fault =
  /** An error of Discord's own; nothing is saved. */
  | { readonly kind: 'respond500'; readonly status?: 500 | 502 | 503 }
  /** A rate limit out of the blue. */
  | {
      readonly kind: 'respond429';
      /** @default 1000 */
      readonly retryAfterMs?: number;
      /** @default 'user' */
      readonly scope?: RateLimitScope;
    }
  /** What a banned address gets: 429 in HTML, with no header that says for how long. */
  | { readonly kind: 'respondBanned' }
  /** No answer ever; nothing is saved. */
  | { readonly kind: 'hang' }
  /** The message is saved, then the connection breaks before the answer. */
  | { readonly kind: 'resetAfterAccept' }
  /** Somebody deleted the webhook. */
  | { readonly kind: 'webhookDeleted' };

/** Which calls meet a fault. */
export interface FaultPlan {
  /** One of these, by chance. */
  readonly faults: readonly Fault[];
  /** Share of the calls, 0 to 1. @default 1 */
  readonly share?: number;
  /** Only calls to this channel's webhook. @default - all */
  readonly channel?: string;
}

/** The fault of one call, if it meets one. */
export function pickFault(plan: FaultPlan, channel: string, random: Random): Fault | undefined {
  if (plan.channel !== undefined && plan.channel !== channel) return undefined;
  if (random() >= (plan.share ?? 1)) return undefined;
  return plan.faults[Math.floor(random() * plan.faults.length)];
}
