import type { RouterStatus, SettledDelivery } from '../../services/alert-router/src/status/status';
import type { HeldAlert } from './alertmanager-api';
import type { ActiveAlert } from './prometheus-api';

/** The stations of an alert on its way from a fault to the people, and back when the fault is over. */
export const STAGES = ['active', 'firing', 'alertmanager', 'accepted', 'delivered'] as const;
export type Stage = (typeof STAGES)[number];

/**
 * When each stage was reached, in milliseconds since the Unix epoch. A stage that was not reached is absent; `parked`
 * takes the place of `delivered` where every destination waits for its credential.
 */
export type StageTimes = Readonly<Partial<Record<Stage | 'parked', number>>>;

export type Labels = Readonly<Record<string, string>>;

export interface Followed {
  /** Labels that tell the alert apart, `alertname` among them. */
  readonly labels: Labels;
  /** Follow the alert as it begins, or as it ends. */
  readonly status: 'firing' | 'resolved';
  /** What was delivered before this moment is another alert's; milliseconds since the Unix epoch. */
  readonly since: number;
  /** Where it must arrive, but for those that are parked. @default - the first delivery, whatever its destination */
  readonly destinations?: readonly string[];
}

/** What the stations say at one moment. */
export interface Sighting {
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Of Prometheus or Loki, whichever evaluates the rule. */
  readonly active: readonly ActiveAlert[];
  readonly held: readonly HeldAlert[];
  readonly router: Pick<RouterStatus, 'destinations' | 'lastDeliveries' | 'totals'>;
}

/** One alert on its way, put together from what was seen of it. */
export class Passage {
  private known: StageTimes = {};
  /** What the router had accepted when the alert reached Alertmanager. */
  private acceptedBefore: number | undefined;

  public constructor(private readonly followed: Followed) {}

  public get times(): StageTimes {
    return this.known;
  }

  public get isOver(): boolean {
    return this.known.delivered !== undefined || this.known.parked !== undefined;
  }

  /** Adds what can be seen at a moment. */
  public see(sighting: Sighting): void {
    this.known = defined({ ...this.known, ...this.atSource(sighting) });
    this.known = defined({ ...this.known, alertmanager: this.atAlertmanager(sighting) });
    this.known = defined({ ...this.known, ...this.atRouter(sighting) });
  }

  private atSource({ now, active }: Sighting): StageTimes {
    if (this.known.firing !== undefined) return {};
    const { labels, status, since } = this.followed;
    const found = active.find((alert) =>
      matches({ ...alert.labels, alertname: alert.name }, labels),
    );
    if (status === 'resolved') return found ? {} : { active: now, firing: now };
    if (!found) return {};
    return {
      active: this.known.active ?? Math.max(found.activeAt, since),
      ...(found.state === 'firing' && { firing: now }),
    };
  }

  private atAlertmanager({ now, held }: Sighting): number | undefined {
    if (this.known.alertmanager !== undefined) return this.known.alertmanager;
    const isThere = held.some((alert) => matches(alert.labels, this.followed.labels));
    return isThere === (this.followed.status === 'firing') ? now : undefined;
  }

  private atRouter({ now, router }: Sighting): StageTimes {
    const { destinations } = this.followed;
    const isParked = (name: string): boolean =>
      router.destinations.some((one) => one.name === name && one.state === 'parked');
    const wanted = destinations?.filter((name) => !isParked(name));
    if (wanted?.length === 0) return this.atParked(now, router.totals.accepted);
    const found = (wanted ?? [undefined]).map((name) =>
      this.deliveryTo(name, router.lastDeliveries),
    );
    if (found.some((delivery) => delivery === undefined)) return {};
    const all = found.filter((delivery) => delivery !== undefined);
    return {
      accepted: Math.min(...all.map(({ acceptedAt }) => acceptedAt)),
      delivered: Math.max(...all.map(({ settledAt }) => settledAt)),
    };
  }

  /**
   * The router tells one delivery from another only once it is settled. While all wait, that it accepted something after
   * Alertmanager had the alert is all there is to see.
   */
  private atParked(now: number, accepted: number): StageTimes {
    if (this.known.alertmanager === undefined) return {};
    this.acceptedBefore ??= accepted;
    return accepted > this.acceptedBefore ? { accepted: now, parked: now } : {};
  }

  private deliveryTo(
    destination: string | undefined,
    deliveries: readonly SettledDelivery[],
  ): SettledDelivery | undefined {
    const { labels, status, since } = this.followed;
    return deliveries.find(
      (delivery) =>
        delivery.outcome === 'delivered' &&
        delivery.kind === status &&
        delivery.acceptedAt >= since &&
        (destination === undefined || delivery.destination === destination) &&
        tells(delivery, labels),
    );
  }
}

/** Whether labels hold all that are wanted. */
export const matches = (labels: Labels, wanted: Labels): boolean =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

/** The router's status writes labels in Alertmanager's notation. */
const tells = (delivery: SettledDelivery, labels: Labels): boolean =>
  Object.entries(labels).every(([name, value]) =>
    name === 'alertname'
      ? delivery.alertname === value
      : delivery.labels.includes(`${name}=${JSON.stringify(value)}`),
  );

const defined = (times: { readonly [Name in keyof StageTimes]?: number | undefined }): StageTimes =>
  Object.fromEntries(Object.entries(times).filter(([, at]) => at !== undefined));
