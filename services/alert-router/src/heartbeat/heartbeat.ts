import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import type { Alert } from '../model';
import type { HeartbeatStatus } from '../status/status';
import { heartbeatAlert } from './notices';

/** What the heartbeat needs of the store: a few words that survive a restart. */
export interface Meta {
  get(key: string): string | undefined;
  /** Resolves after the commit. */
  set(key: string, value: string): Promise<void>;
}

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meta: Meta;
  readonly metrics: { setHeartbeat(at: Date): void };
  /** Read at each check, for it may change with the configuration. */
  readonly timeoutSeconds: () => number;
  /** Accepts a notice for the default destinations; resolves after the commit. */
  readonly notice: (alert: Alert) => Promise<void>;
}

/** How often silence is looked for, in milliseconds. */
const CHECK_MS = 5_000;
const LAST_AT = 'heartbeat.lastAt';
const SILENT_SINCE = 'heartbeat.silentSince';

/**
 * Alertmanager's Watchdog, which fires always, proves that alerts can arrive. When it stops coming, the default
 * destinations are told once, and once more when it is back; a restart in between repeats neither. Silence is measured
 * on the monotonic clock, so that a jump of the wall clock does not look like one, and from the start at the earliest.
 */
export class Heartbeat {
  private heardAt: number;
  /** Beats and checks one after the other: both read and write the same two words. */
  private queue: Promise<void> = Promise.resolve();

  constructor(private readonly options: HeartbeatOptions) {
    this.heardAt = options.clock.monotonic();
    const last = this.lastAt();
    if (last !== undefined) options.metrics.setHeartbeat(new Date(last));
  }

  /**
   * Watchdog came.
   * @throws Error when it cannot be stored; Alertmanager is then to send it again
   */
  beat(): Promise<void> {
    return this.inTurn(async () => {
      const { clock, meta, metrics } = this.options;
      this.heardAt = clock.monotonic();
      const now = clock.now();
      metrics.setHeartbeat(now);
      await meta.set(LAST_AT, String(now.getTime()));
      await this.endSilence();
    });
  }

  /**
   * Tells of a silence that is new.
   * @throws Error when the notice cannot be stored; the next check then tries again
   */
  check(): Promise<void> {
    return this.inTurn(async () => {
      const { clock, logger, meta, timeoutSeconds } = this.options;
      const timeout = timeoutSeconds();
      const silence = (clock.monotonic() - this.heardAt) / 1000;
      if (silence <= timeout || this.silentSince() !== undefined) return;
      const now = clock.now().getTime();
      logger.error({ seconds: Math.round(silence) }, 'alerts are no longer arriving');
      await this.options.notice(heartbeatAlert({ timeout, since: now, lastAt: this.lastAt() }));
      await meta.set(SILENT_SINCE, String(now));
    });
  }

  /** Checks every few seconds until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.options;
    while (!signal.aborted) {
      await clock.sleep(CHECK_MS, signal);
      if (signal.aborted) return;
      try {
        await this.check();
      } catch (error) {
        logger.error({ error: (error as Error).message }, 'silence cannot be reported');
      }
    }
  }

  status(): HeartbeatStatus {
    return { lastAt: this.lastAt(), silent: this.silentSince() !== undefined };
  }

  private async endSilence(): Promise<void> {
    const since = this.silentSince();
    if (since === undefined) return;
    const { clock, logger, meta, notice, timeoutSeconds } = this.options;
    const endsAt = clock.now().getTime();
    logger.info('alerts arrive again');
    await notice(heartbeatAlert({ timeout: timeoutSeconds(), since, endsAt }));
    await meta.set(SILENT_SINCE, '');
  }

  private lastAt(): number | undefined {
    return this.read(LAST_AT);
  }

  private silentSince(): number | undefined {
    return this.read(SILENT_SINCE);
  }

  private read(key: string): number | undefined {
    const text = this.options.meta.get(key);
    return text ? Number(text) : undefined;
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.queue.then(work);
    this.queue = done.catch(() => undefined);
    return done;
  }
}
