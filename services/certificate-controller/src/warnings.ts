import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { ConflictError, type Kube, type ObjectRef, refKey } from './kube';

/** How often the same warning is repeated, in milliseconds. */
const REPEAT_MS = 5 * 60_000;

export interface Warning {
  /** The Secret that the warning is about. */
  readonly secret: ObjectRef;
  /** CamelCase, as reasons of events are. */
  readonly reason: string;
  /** One sentence that names the cure. */
  readonly message: string;
}

/**
 * Warnings about Secrets, as Kubernetes Events and log lines. One event for each Secret and reason,
 * whose name never changes; while the state lasts it is counted up every five minutes.
 */
export class Warnings {
  /** Monotonic time at which each warning was last given. */
  private readonly given = new Map<string, number>();

  constructor(
    private readonly kube: Kube,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Gives a warning unless it was given lately. An event that cannot be written is only logged. */
  async give(warning: Warning): Promise<void> {
    const id = `${refKey(warning.secret)} ${warning.reason}`;
    const last = this.given.get(id);
    if (last !== undefined && this.clock.monotonic() - last < REPEAT_MS) return;
    this.given.set(id, this.clock.monotonic());
    const { secret, reason, message } = warning;
    this.logger.error({ secret: refKey(secret), reason }, message);
    try {
      await this.writeEvent(warning);
    } catch (error) {
      // A copy of the controller writes the same event at the same time.
      if (error instanceof ConflictError) return;
      this.logger.warn({ reason, error: (error as Error).message }, 'cannot write the event');
    }
  }

  /** The state is over: the next warning of its kind is given at once. */
  over(secret: ObjectRef, reason: string): void {
    const id = `${refKey(secret)} ${reason}`;
    if (this.given.delete(id)) this.logger.info({ secret: refKey(secret), reason }, 'resolved');
  }

  private async writeEvent({ secret, reason, message }: Warning): Promise<void> {
    const { namespace } = secret;
    const name = `${secret.name}.${reason.toLowerCase()}`;
    const lastTimestamp = this.clock.now();
    const existing = await this.kube.getEvent({ namespace, name });
    if (existing) {
      const count = (existing.count ?? 0) + 1;
      await this.kube.updateEvent({ ...existing, message, count, lastTimestamp });
      return;
    }
    await this.kube.createEvent({
      metadata: { namespace, name },
      involvedObject: { apiVersion: 'v1', kind: 'Secret', ...secret },
      type: 'Warning',
      reason,
      message,
      count: 1,
      firstTimestamp: lastTimestamp,
      lastTimestamp,
      source: { component: 'certificate-controller' },
    });
  }
}
