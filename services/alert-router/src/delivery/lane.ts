import { Backoff } from '../../../shared/backoff';
import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import type { Delivery, Destination, Message, Outbox, Outcome } from '../model';
import type { DestinationState, LaneStatus } from '../status/status';
import type { DeliveryMetrics } from './metrics';
import { halves, type Half } from './halves';
import { Wakeup } from './wakeup';

/** Deliveries that a lane looks at in one go; milliseconds that it lets a burst gather before its first message. */
const PENDING_LIMIT = 2_000;
const GATHER_MS = 200;
/** Bounds of the backoff after trouble of the moment; milliseconds. */
const RETRY_FIRST_MS = 1_000;
const RETRY_LAST_MS = 300_000;

type Delivered = Extract<Outcome, { kind: 'delivered' }>;

export interface LaneOptions {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: DeliveryMetrics;
}

/**
 * Delivers what is pending for one destination. One call is in flight at a time: this keeps the order, and bounds what
 * a kill can duplicate. Whatever goes wrong, the lane goes on.
 */
export class Lane {
  private readonly stopping = new AbortController();
  private readonly calling = new AbortController();
  private readonly woken = new Wakeup();
  private readonly backoff: Backoff;
  private ended: Promise<void> | undefined;
  private state: DestinationState = 'ready';
  private reason: string | undefined;
  private untilMs: number | undefined;
  private lastDeliveredAt: number | undefined;
  private lastError: string | undefined;
  /** Ends a pause before its time; renewed by each pause. */
  private pause = new AbortController();

  constructor(
    readonly destination: Destination,
    private readonly options: LaneOptions,
  ) {
    this.backoff = new Backoff({ firstMs: RETRY_FIRST_MS, maxMs: RETRY_LAST_MS });
  }

  /** Begins, once `after` is done: the lane that this one replaces. */
  start(after: Promise<void> = Promise.resolve()): void {
    this.options.metrics.setHealthy(this.destination.name, true);
    this.ended ??= after.then(() => this.run());
  }

  /** There may be something to deliver. */
  wake(): void {
    this.woken.wake();
  }

  /** Somebody wants it tried now: an unhealthy destination is called again, a backoff ends. */
  resume(): void {
    this.backoff.reset();
    this.setState('ready');
    this.pause.abort();
    this.woken.wake();
  }

  /** Lets the call in flight end, for so many milliseconds; then breaks it off. Its deliveries stay pending. */
  async stop(graceMs: number): Promise<void> {
    this.stopping.abort();
    this.pause.abort();
    this.woken.wake();
    const timer = setTimeout(() => this.calling.abort(), graceMs);
    await this.ended;
    clearTimeout(timer);
    this.destination.close();
  }

  status(): LaneStatus {
    const { state, reason, untilMs, lastDeliveredAt, lastError } = this;
    const { name, kind } = this.destination;
    return { name, kind, state, reason, untilMs, lastDeliveredAt, lastError };
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.step();
      } catch (error) {
        const { name } = this.destination;
        this.options.logger.error(
          { err: error, destination: name },
          'delivery failed unexpectedly',
        );
        await this.retryLater('internal error');
      }
    }
  }

  /** One message, or the waiting for one. */
  private async step(): Promise<void> {
    if (this.state === 'unhealthy') return this.woken.wait();
    if (this.pending(1).length === 0) {
      await this.woken.wait();
      return this.options.clock.sleep(GATHER_MS, this.stopping.signal);
    }
    await this.untilAllowed();
    // Read again: more may have come while it waited, and fits into the same message.
    await this.deliver(this.pending());
  }

  private pending(limit = PENDING_LIMIT): Delivery[] {
    return this.options.outbox.pending(this.destination.name, limit);
  }

  /**
   * Sends one message of these, and waits when what came of it asks for that.
   * @returns false when no more may be sent
   */
  private async deliver(rows: readonly Delivery[]): Promise<boolean> {
    if (rows.length === 0 || this.stopping.signal.aborted) return false;
    const message = this.compose(rows);
    if (!message) return this.unwritable(rows);
    await this.options.outbox.calling(this.destination.name);
    const outcome = await message.send(this.calling.signal);
    this.count(message, outcome);
    switch (outcome.kind) {
      case 'delivered':
        return this.settled(message, outcome);
      case 'refused':
        return this.refused(message, outcome.reason);
      case 'wait':
        this.options.metrics.countRateLimited(this.destination.name, outcome.ms / 1000);
        await this.sleep('waiting', outcome.ms, outcome.reason);
        return true;
      case 'retry':
        await this.options.outbox.attempted(message.delivered, outcome.reason);
        await this.retryLater(outcome.reason);
        return true;
      case 'unhealthy':
        await this.options.outbox.attempted(message.delivered, outcome.reason);
        this.giveUp(outcome.reason);
        return false;
    }
  }

  /** Undefined when there is a delivery among the rows that no message can be made of: a mistake of ours. */
  private compose(rows: readonly Delivery[]): Message | undefined {
    try {
      return this.destination.compose(rows);
    } catch (error) {
      const { name } = this.destination;
      this.options.logger.error({ err: error, destination: name }, 'cannot write a message');
      return undefined;
    }
  }

  /** One such delivery must not keep the others from being told. */
  private async unwritable(rows: readonly Delivery[]): Promise<boolean> {
    if (rows.length > 1) return this.deliverEach(halves({ delivered: rows, coalesced: [] }));
    await this.options.outbox.bury(rows, 'no message can be made of it');
    return true;
  }

  private async settled(message: Message, { messageId, warning }: Delivered): Promise<boolean> {
    const { clock, metrics, outbox } = this.options;
    this.backoff.reset();
    this.setState('ready');
    this.lastDeliveredAt = clock.now().getTime();
    for (const { acceptedAt } of message.delivered) {
      metrics.observeDelivery(Math.max(0, this.lastDeliveredAt - acceptedAt) / 1000);
    }
    metrics.countCoalesced(this.destination.name, message.coalesced.length);
    if (warning !== undefined) this.warn(warning);
    await outbox.delivered(message, messageId);
    return true;
  }

  private warn(warning: string): void {
    this.lastError = warning;
    const { name } = this.destination;
    this.options.logger.warn({ destination: name, reason: warning }, 'delivered with a warning');
  }

  /** Something in the message is not wanted: its halves are tried alone, until what is left is the one that is not. */
  private async refused(message: Message, reason: string): Promise<boolean> {
    const { outbox, logger } = this.options;
    if (message.delivered.length > 1) return this.deliverEach(halves(message));
    const { name } = this.destination;
    const [refused] = message.delivered;
    this.lastError = reason;
    logger.error({ destination: name, delivery: refused?.id, reason }, 'delivery refused for good');
    await outbox.bury([...message.delivered, ...message.coalesced], reason);
    return true;
  }

  private async deliverEach(parts: readonly Half[]): Promise<boolean> {
    for (const half of parts) {
      if (!(await this.deliverAll(half))) return false;
    }
    return true;
  }

  /** Until every row of a half is settled, in as many messages as it takes. @returns false when it has to end before. */
  private async deliverAll(half: Half): Promise<boolean> {
    for (;;) {
      const pending = new Set(this.pending().map(({ id }) => id));
      const left = half.filter(({ id }) => pending.has(id));
      if (left.length === 0) return true;
      await this.untilAllowed();
      if (!(await this.deliver(left))) return false;
    }
  }

  /** Waits as the destination's own limits ask. */
  private async untilAllowed(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const ms = this.destination.waitMs();
      if (ms <= 0) return;
      await this.sleep('waiting', ms, 'keeps to the rate that the destination allows');
    }
  }

  private async retryLater(reason: string): Promise<void> {
    this.lastError = reason;
    const ms = this.backoff.next();
    const { name } = this.destination;
    this.options.logger.warn({ destination: name, reason, retryInMs: Math.round(ms) }, 'retrying');
    await this.sleep('retrying', ms, reason);
  }

  private giveUp(reason: string): void {
    const { name } = this.destination;
    this.lastError = reason;
    this.setState('unhealthy', reason);
    this.options.logger.error({ destination: name, reason }, 'destination refuses every call');
  }

  private async sleep(state: 'waiting' | 'retrying', ms: number, reason: string): Promise<void> {
    if (this.stopping.signal.aborted) return;
    this.pause = new AbortController();
    this.setState(state, reason, this.options.clock.now().getTime() + ms);
    await this.options.clock.sleep(ms, this.pause.signal);
    if (this.state === state) this.setState('ready');
  }

  private setState(state: DestinationState, reason?: string, untilMs?: number): void {
    this.state = state;
    this.reason = reason;
    this.untilMs = untilMs;
    this.options.metrics.setHealthy(this.destination.name, state !== 'unhealthy');
  }

  private count({ delivered }: Message, { kind }: Outcome): void {
    for (const delivery of delivered) {
      this.options.metrics.countDelivery(this.destination.name, delivery.kind, kind);
    }
  }
}
