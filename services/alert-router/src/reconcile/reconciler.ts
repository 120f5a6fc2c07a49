import { Backoff } from '../../../shared/backoff';
import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import type { Alert, Labels } from '../model';
import type { ReconcilerStatus } from '../status/status';
import type { AlertmanagerView } from './alertmanager-client';
import { compare, type KnownAlert } from './compare';
import { Sightings } from './sightings';

export interface ReconcilerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: {
    setReconcileSuccess(ok: boolean): void;
    countReconciled(kind: 'firing' | 'resolved'): void;
  };
  /** Base URLs of the Alertmanagers; read at each poll, for they may change with the configuration. */
  readonly alertmanagers: () => readonly string[];
  /** How long Alertmanager may take until it notifies, in seconds. */
  readonly notificationDelaySeconds: () => number;
  /** Asks one of them. */
  readonly ask: (base: string, signal: AbortSignal) => Promise<AlertmanagerView>;
  /** The alerts that fire as far as the store knows, each once. */
  readonly firing: () => readonly KnownAlert[];
  /** Routes and stores, as the webhook does, but marked as reconciled; resolves after the commit. */
  readonly accept: (groupKey: string, alert: Alert) => Promise<void>;
}

/** Between two polls, in milliseconds. */
const POLL_MS = 60_000;
/** Until the next poll after one that failed: at a start Alertmanager may be a few seconds late. */
const RETRY = { firstMs: 5000, maxMs: POLL_MS };
/**
 * How long a difference must have lasted, over at least two polls, in milliseconds; and how much longer than
 * Alertmanager may take by itself: what waits there for its group is not lost.
 */
const SETTLED_MS = 90_000;
const BEYOND_DELAY_MS = 60_000;

/**
 * Finds what Alertmanager itself dropped, by comparing its alerts with ours: it gives a notification up after an answer
 * that it takes for final, when a group resolves while we are away, and when it restarts.
 */
export class Reconciler {
  private readonly missing: Sightings;
  private readonly ended: Sightings;
  private lastSuccessAt: number | undefined;
  private lastError: string | undefined;
  private added = 0;
  private resolved = 0;
  private wake = new AbortController();

  constructor(private readonly options: ReconcilerOptions) {
    const settledMs = (): number =>
      Math.max(SETTLED_MS, options.notificationDelaySeconds() * 1000 + BEYOND_DELAY_MS);
    this.missing = new Sightings(settledMs);
    this.ended = new Sightings(settledMs);
  }

  /** Polls every minute, sooner after a failure, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.options;
    const backoff = new Backoff(RETRY);
    while (!signal.aborted) {
      this.wake = new AbortController();
      await this.poll(signal);
      if (this.lastError === undefined) backoff.reset();
      const waitMs = this.lastError === undefined ? POLL_MS : backoff.next();
      await clock.sleep(waitMs, AbortSignal.any([signal, this.wake.signal]));
    }
  }

  /** Polls as soon as possible, as after a notification that Alertmanager truncated. */
  trigger(): void {
    this.wake.abort();
  }

  /** Compares once. Rejects never: trouble is logged, and shown by metric and status. */
  async poll(signal: AbortSignal): Promise<void> {
    const bases = this.options.alertmanagers();
    if (bases.length === 0) return;
    try {
      await this.compareWith(bases, signal);
      this.lastSuccessAt = this.options.clock.now().getTime();
      this.lastError = undefined;
    } catch (error) {
      if (signal.aborted) return;
      this.lastError = (error as Error).message;
      this.options.logger.warn({ error: this.lastError }, 'alerts could not be compared');
    }
    this.options.metrics.setReconcileSuccess(this.lastError === undefined);
  }

  status(): ReconcilerStatus {
    const { lastSuccessAt, lastError, added, resolved } = this;
    const enabled = this.options.alertmanagers().length > 0;
    return { enabled, lastSuccessAt, lastError, added, resolved };
  }

  /** @throws Error when one of the Alertmanagers did not answer, after what the others said was heeded. */
  private async compareWith(bases: readonly string[], signal: AbortSignal): Promise<void> {
    const answers = await Promise.allSettled(bases.map((base) => this.options.ask(base, signal)));
    const views = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failures = answers.flatMap((one) =>
      one.status === 'rejected' ? [(one.reason as Error).message] : [],
    );
    const { missing, ended } = compare(views, this.options.firing());
    const now = this.options.clock.monotonic();
    // What only part of them say about an end proves nothing, nor what one says that has forgotten everything.
    const mayEnd = failures.length === 0 && views.every(({ settled }) => settled);
    await this.add(this.missing.settled(missing, now));
    if (mayEnd) await this.end(this.ended.settled(ended, now));
    else this.ended.interrupted();
    if (failures.length > 0) throw new Error(failures.join('; '));
  }

  private async add(alerts: readonly Alert[]): Promise<void> {
    for (const alert of alerts) {
      await this.options.accept(`reconciled/${alert.fingerprint}`, alert);
      this.missing.done(alert);
      this.added += 1;
      this.tell('firing', alert.labels);
    }
  }

  private async end(alerts: readonly KnownAlert[]): Promise<void> {
    const now = this.options.clock.now().getTime();
    for (const one of alerts) {
      const { groupKey, alert } = one;
      // The clock that saw the start may be ahead of ours, and what ends before it began is no end of it.
      const endsAt = Math.max(now, alert.startsAt);
      await this.options.accept(groupKey, { ...alert, status: 'resolved', endsAt });
      // A destination that the configuration no longer has is told nothing, and keeps it firing here.
      this.ended.done(one);
      this.resolved += 1;
      this.tell('resolved', alert.labels);
    }
  }

  private tell(kind: 'firing' | 'resolved', { alertname }: Labels): void {
    this.options.metrics.countReconciled(kind);
    this.options.logger.warn({ kind, alertname }, 'only the comparison with Alertmanager told');
  }
}
