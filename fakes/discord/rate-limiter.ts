import { createHash } from 'node:crypto';
import type { Clock } from '../clock';
import type { RateLimits, Window } from './limits';

export type RateLimitScope = 'user' | 'shared' | 'global';

export interface RateLimitedCall {
  readonly method: string;
  readonly webhook: string;
  readonly channel: string;
}

export type RateLimitVerdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly scope: RateLimitScope; readonly retryAfterMs: number };

interface Bucket {
  readonly endsAt: number;
  used: number;
}

/**
 * Counts calls as Discord does. The webhook's own window is fixed, which is what its headers describe; the hidden one
 * of the channel slides, which is the strictest reading of what users observe.
 */
export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();
  private readonly channels = new Map<string, number[]>();
  private global: number[] = [];
  private invalid: number[] = [];
  private bannedUntil = -Infinity;

  constructor(
    private readonly limits: RateLimits,
    private readonly clock: Clock,
  ) {}

  /** Too many invalid requests: nothing but 429, without any of the usual headers. */
  get banned(): boolean {
    return this.clock.monotonic() < this.bannedUntil;
  }

  /** Counts one call against the address, whatever it asks for. */
  admit(): RateLimitVerdict {
    const now = this.clock.monotonic();
    this.global = recent(this.global, this.limits.global, now);
    if (this.global.length >= this.limits.global.calls) {
      return refused('global', this.global, this.limits.global, now);
    }
    this.global.push(now);
    return { allowed: true };
  }

  /** Counts one call against its webhook and, when it makes a message, against the channel. */
  take(call: RateLimitedCall): RateLimitVerdict {
    const now = this.clock.monotonic();
    const bucket = this.bucketOf(call, now);
    if (bucket.used >= this.limits.webhook.calls) {
      return { allowed: false, scope: 'user', retryAfterMs: bucket.endsAt - now };
    }
    const channel = recent(this.channels.get(call.channel) ?? [], this.limits.channel, now);
    const makesMessage = call.method === 'POST';
    if (makesMessage && channel.length >= this.limits.channel.calls) {
      return refused('shared', channel, this.limits.channel, now);
    }
    bucket.used += 1;
    if (makesMessage) this.channels.set(call.channel, [...channel, now]);
    return { allowed: true };
  }

  /** Counts an answer towards the ban; a 429 of shared scope is nobody's fault. */
  answered(status: number, scope?: RateLimitScope): void {
    if (![401, 403, 429].includes(status) || scope === 'shared') return;
    const now = this.clock.monotonic();
    this.invalid = recent(this.invalid, this.limits.invalid, now);
    this.invalid.push(now);
    if (this.invalid.length >= this.limits.invalid.calls) {
      this.bannedUntil = now + this.limits.invalid.ms;
    }
  }

  /** What Discord says of the webhook's window in each answer; seconds. */
  headers(call: RateLimitedCall): Record<string, string> {
    const now = this.clock.monotonic();
    const bucket = this.bucketOf(call, now);
    const leftMs = bucket.endsAt - now;
    const resetAt = (this.clock.now().getTime() + leftMs) / 1000;
    return {
      'X-RateLimit-Limit': String(this.limits.webhook.calls),
      'X-RateLimit-Remaining': String(Math.max(0, this.limits.webhook.calls - bucket.used)),
      'X-RateLimit-Reset': resetAt.toFixed(3),
      'X-RateLimit-Reset-After': (leftMs / 1000).toFixed(3),
      'X-RateLimit-Bucket': createHash('sha256').update(keyOf(call)).digest('hex').slice(0, 32),
    };
  }

  private bucketOf(call: RateLimitedCall, now: number): Bucket {
    const key = keyOf(call);
    const known = this.buckets.get(key);
    if (known && known.endsAt > now) return known;
    const bucket = { endsAt: now + this.limits.webhook.ms, used: 0 };
    this.buckets.set(key, bucket);
    return bucket;
  }
}

const keyOf = ({ method, webhook }: RateLimitedCall): string => `${method} ${webhook}`;

function recent(times: readonly number[], window: Window, now: number): number[] {
  return times.filter((time) => time > now - window.ms);
}

function refused(
  scope: RateLimitScope,
  times: readonly number[],
  window: Window,
  now: number,
): RateLimitVerdict {
  return { allowed: false, scope, retryAfterMs: (times[0] ?? now) + window.ms - now };
}
