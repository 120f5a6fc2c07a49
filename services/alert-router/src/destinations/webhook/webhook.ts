import { createHmac } from 'node:crypto';
import type { Delivery, Destination, Message, Outcome } from '../../model';
import type { DestinationContext } from '../context';
import { type HttpReply, type NoReply, post } from '../http';
import { keyOfDeliveries } from '../keys';
import type { WebhookCredential } from './credential';

/** Deliveries of one call. */
const BATCH_MAX = 100;
/** Bounds of what a receiver may ask us to wait; milliseconds. */
const WAIT_DEFAULT_MS = 5_000;
const WAIT_MAX_MS = 3_600_000;

/** Anything that takes JSON: each change of each alert, in order, signed. */
export class WebhookDestination implements Destination {
  readonly kind = 'webhook';

  constructor(
    readonly name: string,
    private readonly credential: WebhookCredential,
    private readonly context: DestinationContext,
  ) {}

  waitMs(): number {
    return 0;
  }

  compose(pending: readonly Delivery[]): Message {
    const delivered = batchOf(pending);
    return { delivered, coalesced: [], send: (signal) => this.send(delivered, signal) };
  }

  close(): void {
    // Connections are pooled by the process.
  }

  private async send(deliveries: readonly Delivery[], signal: AbortSignal): Promise<Outcome> {
    const body = webhookBody(deliveries);
    const seconds = Math.floor(this.context.clock.now().getTime() / 1000);
    const reply = await post(this.credential.url, {
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': keyOfDeliveries(deliveries),
        'Vigil-Signature': `t=${seconds},v1=${signature(this.credential.key, seconds, body)}`,
      },
      body,
      timeoutMs: this.context.timeoutMs,
      signal,
    });
    return outcomeOf(reply, this.context.clock.now());
  }
}

/** Hexadecimal HMAC-SHA256 of the time and the body: the receiver checks both. */
export const signature = (key: string, seconds: number, body: string): string =>
  createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex');

/** Those that one call tells of. */
export const batchOf = (pending: readonly Delivery[]): readonly Delivery[] =>
  pending.slice(0, BATCH_MAX);

/** What is posted. */
export const webhookBody = (deliveries: readonly Delivery[]): string =>
  JSON.stringify({ version: '1', deliveries: deliveries.map(published) });

/** A delivery as a receiver sees it; times as ISO 8601. */
const published = ({ id, kind, groupKey, alert, acceptedAt, reconciled }: Delivery): object => ({
  id,
  kind,
  groupKey,
  reconciled,
  acceptedAt: timeOf(acceptedAt),
  alert: {
    ...alert,
    startsAt: timeOf(alert.startsAt),
    endsAt: alert.endsAt === undefined ? undefined : timeOf(alert.endsAt),
  },
});

/** Null for what is no time. */
function timeOf(ms: number): string | null {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function outcomeOf(reply: HttpReply | NoReply, now: Date): Outcome {
  if ('failure' in reply) return { kind: 'retry', reason: reply.failure };
  const { status, headers } = reply;
  const reason = `the receiver answered ${status}`;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 429) {
    return { kind: 'wait', ms: waitOf(headers['retry-after'], now), reason };
  }
  if ([401, 403, 404, 410].includes(status)) return { kind: 'unhealthy', reason };
  const isFinal = status >= 400 && status < 500 && ![408, 425].includes(status);
  return { kind: isFinal ? 'refused' : 'retry', reason };
}

/** `Retry-After` in seconds or as a date: RFC 9110, section 10.2.3. */
function waitOf(header: string | undefined, now: Date): number {
  if (header === undefined) return WAIT_DEFAULT_MS;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now.getTime();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 1_000), WAIT_MAX_MS) : WAIT_DEFAULT_MS;
}
