import { createHash } from 'node:crypto';
import type { ConfigSource, Snapshot } from '../config/snapshot';
import type { Alert, Notification } from '../model';
import { type Decision, Router } from '../routing/router';
import type { Acceptance, AcceptResult, Created } from '../store/store';

export interface AcceptorOptions {
  readonly store: {
    accept(acceptances: readonly Acceptance[], reminderMs: number): Promise<AcceptResult>;
  };
  readonly source: ConfigSource;
  readonly metrics: {
    countAccepted(kind: Created['kind'], count: number): void;
    countUnchanged(count: number): void;
    countTruncated(count: number): void;
  };
  /** These destinations have more to deliver. */
  readonly wake: (destinations: ReadonlySet<string>) => void;
  /** A body was not whole: the rest is to be fetched. */
  readonly truncated: () => void;
}

/** Routes alerts with the configuration of the moment, and stores them. What it returns is on the disk. */
export class Acceptor {
  private readonly options: AcceptorOptions;
  private snapshot: Snapshot;
  private router: Router;

  constructor(options: AcceptorOptions) {
    this.options = options;
    this.snapshot = options.source.current;
    this.router = new Router(this.snapshot.config);
    options.source.onChange((snapshot) => {
      this.router = new Router(snapshot.config);
      this.snapshot = snapshot;
    });
  }

  /**
   * The alerts of a webhook body, all or none.
   * @throws StoreUnavailable when they cannot be stored now
   */
  async accept({ alerts, groupKey, truncatedAlerts }: Notification): Promise<AcceptResult> {
    const result = await this.store(alerts.map((alert) => this.acceptanceOf(groupKey, alert)));
    if (truncatedAlerts > 0) {
      this.options.metrics.countTruncated(truncatedAlerts);
      this.options.truncated();
    }
    return result;
  }

  /**
   * An alert that the comparison with Alertmanager found.
   * @throws StoreUnavailable when it cannot be stored now
   */
  async acceptReconciled(groupKey: string, alert: Alert): Promise<void> {
    await this.store([{ ...this.acceptanceOf(groupKey, alert), reconciled: true }]);
  }

  /**
   * A message of the router about itself, for the default destinations.
   * @throws StoreUnavailable when it cannot be stored now
   */
  async acceptNotice(alert: Alert): Promise<void> {
    const { destinations } = this.snapshot.config.route;
    await this.store([{ ...this.alone(alert), destinations, kind: 'notice' }]);
  }

  /**
   * A test, for one destination, or for those of its labels.
   *
   * @returns numbers of the deliveries
   * @throws StoreUnavailable when it cannot be stored now
   */
  async acceptTest(alert: Alert, destination?: string): Promise<number[]> {
    const destinations = destination === undefined ? this.route(alert).destinations : [destination];
    const { created } = await this.store([{ ...this.alone(alert), destinations, kind: 'test' }]);
    return created.map(({ id }) => id);
  }

  private route({ labels }: Alert): Decision {
    return this.router.route(labels);
  }

  private acceptanceOf(groupKey: string, alert: Alert): Acceptance {
    return { destinations: this.route(alert).destinations, groupKey, alert };
  }

  /** In a group of its own. */
  private alone(alert: Alert): Pick<Acceptance, 'groupKey' | 'alert'> {
    return { groupKey: `router/${alert.fingerprint}`, alert };
  }

  private async store(acceptances: readonly Acceptance[]): Promise<AcceptResult> {
    const { store, metrics, wake } = this.options;
    const result = await store.accept(acceptances, this.snapshot.config.reminderSeconds * 1000);
    for (const { kind } of result.created) metrics.countAccepted(kind, 1);
    if (result.unchanged > 0) metrics.countUnchanged(result.unchanged);
    if (result.created.length > 0) wake(new Set(result.created.map((one) => one.destination)));
    return result;
  }
}

/** What the default destinations are told after a damaged database was moved aside. */
export function corruptNotice(copy: string, now: number): Alert {
  return {
    fingerprint: createHash('sha256').update(copy).digest('hex').slice(0, 16),
    status: 'firing',
    labels: { alertname: 'RouterDatabaseDamaged', severity: 'critical', category: 'platform' },
    annotations: {
      summary: 'The database of the alert-router was damaged',
      description: [
        'What had not been delivered from it may be missing.',
        'Alerts that still fire are told again as soon as they are compared with Alertmanager.',
        `The damaged database is kept as ${copy}. Look at the health of its volume.`,
      ].join(' '),
    },
    startsAt: now,
  };
}
