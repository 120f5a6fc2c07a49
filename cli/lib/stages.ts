import type { SettledDelivery } from '../../services/alert-router/src/status/status';
import { AlertmanagerApi } from './alertmanager-api';
import { pause } from './async';
import { Door } from './door';
import { CliError } from './errors';
import type { KubeClient } from './kube-client';
import { PrometheusApi } from './prometheus-api';
import { ROUTER_DOOR, RouterApi } from './router-api';

/** The stations of an alert on its way from a fault to the people, and back when the fault is over. */
export const STAGES = ['active', 'firing', 'alertmanager', 'accepted', 'delivered'] as const;
export type Stage = (typeof STAGES)[number];

/** When each stage was reached, in milliseconds since the Unix epoch. A stage that was not reached is absent. */
export type StageTimes = Readonly<Partial<Record<Stage, number>>>;

export interface Followed {
  /** Labels that tell the alert apart, `alertname` among them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Follow the alert as it begins, or as it ends. */
  readonly status: 'firing' | 'resolved';
  /** What was delivered before this moment is another alert's; milliseconds since the Unix epoch. */
  readonly since: number;
  /** The delivery that counts. @default - the first, whatever its destination */
  readonly destination?: string;
  /** Milliseconds after which it gives up. */
  readonly timeoutMs: number;
}

const INTERVAL_MS = 500;

/** Watches alerts at every station that they pass: Prometheus, Alertmanager and the alert-router. */
export class StageWatch {
  private constructor(
    private readonly prometheus: PrometheusApi,
    private readonly alertmanager: AlertmanagerApi,
    private readonly router: RouterApi,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws CliError when the technician has no certificate yet. */
  public static async open(client: KubeClient, signal: AbortSignal): Promise<StageWatch> {
    const [prometheus, alertmanager, door] = await Promise.all([
      PrometheusApi.open(client, signal),
      AlertmanagerApi.open(client, signal),
      Door.open(client, ROUTER_DOOR, signal),
    ]);
    return new StageWatch(prometheus, alertmanager, new RouterApi(door), signal);
  }

  /**
   * Follows an alert until it was delivered, or the time is over. Prometheus and the router know their times; that of
   * Alertmanager is when it was seen there, half a second late at most.
   */
  public async follow(followed: Followed): Promise<StageTimes> {
    const deadline = Date.now() + followed.timeoutMs;
    let times: StageTimes = {};
    while (times.delivered === undefined && Date.now() < deadline) {
      try {
        times = await this.look(followed, times);
      } catch (error) {
        // A station may be away for a moment; that it stays away shows in the stages that are missing.
        if (!(error instanceof CliError) || this.signal.aborted) throw error;
      }
      if (times.delivered === undefined) await pause(INTERVAL_MS, this.signal);
    }
    return times;
  }

  public close(): void {
    this.prometheus.close();
    this.alertmanager.close();
    this.router.close();
  }

  private async look(followed: Followed, known: StageTimes): Promise<StageTimes> {
    const [source, alertmanager, router] = await Promise.all([
      known.firing === undefined ? this.atPrometheus(followed, known) : known,
      known.alertmanager ?? this.atAlertmanager(followed),
      this.atRouter(followed),
    ]);
    return defined({ ...known, ...source, alertmanager, ...router });
  }

  private async atPrometheus(
    { labels, status, since }: Followed,
    known: StageTimes,
  ): Promise<StageTimes> {
    const found = (await this.prometheus.activeAlerts()).find((alert) =>
      matches({ ...alert.labels, alertname: alert.name }, labels),
    );
    const now = Date.now();
    if (status === 'resolved') return found ? {} : { active: now, firing: now };
    if (!found) return {};
    const active = known.active ?? Math.max(found.activeAt, since);
    return { active, ...(found.state === 'firing' && { firing: now }) };
  }

  private async atAlertmanager({ labels, status }: Followed): Promise<number | undefined> {
    const isThere = (await this.alertmanager.alerts()).some((alert) =>
      matches(alert.labels, labels),
    );
    return isThere === (status === 'firing') ? Date.now() : undefined;
  }

  private async atRouter({
    labels,
    status,
    since,
    destination,
  }: Followed): Promise<Pick<StageTimes, 'accepted' | 'delivered'>> {
    const { lastDeliveries } = await this.router.status();
    const found = lastDeliveries.find(
      (delivery) =>
        delivery.outcome === 'delivered' &&
        delivery.kind === status &&
        delivery.acceptedAt >= since &&
        (destination === undefined || delivery.destination === destination) &&
        tells(delivery, labels),
    );
    return found ? { accepted: found.acceptedAt, delivered: found.settledAt } : {};
  }
}

const matches = (
  labels: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): boolean => Object.entries(wanted).every(([name, value]) => labels[name] === value);

/** The router's status writes labels in Alertmanager's notation. */
const tells = (delivery: SettledDelivery, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(labels).every(([name, value]) =>
    name === 'alertname'
      ? delivery.alertname === value
      : delivery.labels.includes(`${name}=${JSON.stringify(value)}`),
  );

const defined = (times: Readonly<Partial<Record<Stage, number | undefined>>>): StageTimes =>
  Object.fromEntries(Object.entries(times).filter(([, at]) => at !== undefined));
