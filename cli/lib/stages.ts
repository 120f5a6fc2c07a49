import type { RouterStatus } from '../../services/alert-router/src/status/status';
import type { HeldAlert } from './alertmanager-api';
import { pause } from './async';
import { CliError } from './errors';
import type { KubeClient } from './kube-client';
import { Passage, type Followed, type StageTimes } from './passage';
import type { ActiveAlert } from './prometheus-api';
import { stationsOf, type Stations } from './station';

export { STAGES, type Stage, type StageTimes } from './passage';

/** Who evaluates rules. */
export type RuleSource = 'prometheus' | 'loki';

export interface FollowOptions extends Followed {
  /** Who evaluates its rule. @default prometheus */
  readonly source?: RuleSource;
  /** Milliseconds after which it gives up. */
  readonly timeoutMs: number;
}

const INTERVAL_MS = 500;

/** Watches alerts at every station that they pass, however many at once: each station is asked once for all of them. */
export class StageWatch {
  private readonly active: Readonly<Record<RuleSource, () => Promise<readonly ActiveAlert[]>>>;
  private readonly held: () => Promise<readonly HeldAlert[]>;
  private readonly router: () => Promise<RouterStatus>;

  public constructor(
    private readonly stations: Stations,
    private readonly signal: AbortSignal,
  ) {
    const { prometheus, loki, alertmanager, router } = stations;
    this.active = {
      prometheus: shared(() => prometheus.ask((api) => api.activeAlerts())),
      loki: shared(() => loki.ask((api) => api.activeAlerts())),
    };
    this.held = shared(() => alertmanager.ask((api) => api.alerts()));
    this.router = shared(() => router.ask((api) => api.status()));
  }

  /** @throws CliError when the router does not answer, or the technician has no certificate yet. */
  public static async open(client: KubeClient, signal: AbortSignal): Promise<StageWatch> {
    const watch = new StageWatch(stationsOf(client, signal), signal);
    await watch.router();
    return watch;
  }

  /** Alerts that are pending or fire, by who evaluates their rules. @throws CliError when there is no answer. */
  public activeAlerts(source: RuleSource): Promise<readonly ActiveAlert[]> {
    return this.active[source]();
  }

  /**
   * Follows an alert until it was delivered, or the time is over. Prometheus and the router know their times; that of
   * Alertmanager is when it was seen there, half a second late at most.
   */
  public async follow({ source, timeoutMs, ...followed }: FollowOptions): Promise<StageTimes> {
    const deadline = Date.now() + timeoutMs;
    const passage = new Passage(followed);
    while (!passage.isOver && Date.now() < deadline) {
      try {
        const [active, held, router] = await Promise.all([
          this.active[source ?? 'prometheus'](),
          this.held(),
          this.router(),
        ]);
        passage.see({ now: Date.now(), active, held, router });
      } catch (error) {
        // A station may be away for a moment; that it stays away shows in the stages that are missing.
        if (!(error instanceof CliError) || this.signal.aborted) throw error;
      }
      if (!passage.isOver) await pause(INTERVAL_MS, this.signal);
    }
    return passage.times;
  }

  public close(): void {
    Object.values(this.stations).forEach((station: { close(): void }) => station.close());
  }
}

/** Asks at most once in an interval; who asks again gets the same answer. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked = -Infinity;
  let answer: Promise<T> | undefined;
  return () => {
    const now = performance.now();
    if (answer === undefined || now - asked >= INTERVAL_MS) {
      asked = now;
      answer = ask();
    }
    return answer;
  };
}
