import { Door, webDoor } from './door';
import type { KubeClient } from './kube-client';

/** A target as Prometheus reports it. */
export interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly lastError: string;
  readonly health: 'up' | 'down' | 'unknown';
}

/** One series of an instant query's answer. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  /** Unix time in seconds, and the value as text. */
  readonly value: readonly [number, string];
}

/** An alert whose expression holds. */
export interface ActiveAlert {
  readonly name: string;
  /** `pending` until its `for` is over. */
  readonly state: 'pending' | 'firing';
  readonly severity: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  /** When the expression began to hold, in milliseconds since the Unix epoch. */
  readonly activeAt: number;
}

/** An alert in the answer of `/api/v1/alerts`, which Prometheus and the ruler of Loki write alike. */
export interface RawAlert {
  readonly state: ActiveAlert['state'];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly activeAt: string;
}

const DOOR = webDoor('Prometheus', 'prometheus');

/** Prometheus, asked over mTLS with the technician's certificate through a port-forward. */
export class PrometheusApi {
  private constructor(private readonly door: Door) {}

  /** @throws CliError when the technician has no certificate yet. */
  public static async open(client: KubeClient, signal: AbortSignal): Promise<PrometheusApi> {
    return new PrometheusApi(await Door.open(client, DOOR, signal));
  }

  /** All targets that are scraped. */
  public async targets(): Promise<Target[]> {
    const data = await this.ask<{ activeTargets: Target[] }>('/api/v1/targets?state=active');
    return data.activeTargets;
  }

  /** Alerts that are pending or fire; Watchdog, which always fires, is left out. */
  public async activeAlerts(): Promise<ActiveAlert[]> {
    const { alerts } = await this.ask<{ alerts: RawAlert[] }>('/api/v1/alerts');
    return alerts.filter(({ labels }) => labels.alertname !== 'Watchdog').map(activeAlertOf);
  }

  /** The samples of an instant query. */
  public async query(expression: string): Promise<Sample[]> {
    const path = `/api/v1/query?query=${encodeURIComponent(expression)}`;
    return (await this.ask<{ result: Sample[] }>(path)).result;
  }

  public close(): void {
    this.door.close();
  }

  private async ask<T>(path: string): Promise<T> {
    const { status, text } = await this.door.get(path);
    if (status !== 200) throw this.door.failure(`it answered ${status}`);
    return (JSON.parse(text) as { data: T }).data;
  }
}

/** The same, in our words. */
export const activeAlertOf = ({ labels, annotations, state, activeAt }: RawAlert): ActiveAlert => ({
  name: labels.alertname ?? '',
  state,
  severity: labels.severity ?? 'none',
  labels,
  summary: annotations?.summary ?? '',
  activeAt: Date.parse(activeAt),
});
