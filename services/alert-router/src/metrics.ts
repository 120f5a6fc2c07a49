import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { registerProcessMetrics } from '../../shared/process-metrics';
import type { DeliveryKind, Labels, Outcome } from './model';
import { STATES, type Totals } from './store/states';

const PREFIX = 'alert_router_';

/** What a scrape asks of the store. */
export interface StoreReadings {
  readonly totals: ReadonlyMap<string, Totals>;
  /** Age of the oldest pending delivery in seconds, by destination; 0 when none is pending. */
  readonly oldestSeconds: ReadonlyMap<string, number>;
  /** Dead letters that are kept, by destination. */
  readonly deadLetters: ReadonlyMap<string, number>;
  readonly bytes: number;
  readonly writable: boolean;
  /** Labels of the alerts that fire, each once; none where they are too many to be told apart in series. */
  readonly firing: readonly Labels[];
}

/** Labels of an alert by which those that fire are counted; few, and with few values. */
const FIRING_LABELS = ['alertname', 'severity', 'category', 'service'] as const;

/** All metrics of the router. */
export class RouterMetrics {
  readonly registry = new Registry();
  private read: (() => StoreReadings) | undefined;

  private readonly webhooks = this.counter(
    'webhook_requests_total',
    'Webhook requests answered, by status code.',
    ['code'],
  );
  private readonly ack = new Histogram({
    name: `${PREFIX}ack_seconds`,
    help: 'Time from the end of a webhook request to its answer.',
    buckets: [0.001, 0.005, 0.02, 0.05, 0.2, 1, 5],
    registers: [this.registry],
  });
  private readonly accepted = this.counter(
    'alerts_accepted_total',
    'Deliveries stored, one for each alert and destination.',
    ['status'],
  );
  private readonly unchanged = this.counter(
    'alerts_unchanged_total',
    'Alerts received again that a destination had been told already.',
  );
  private readonly truncated = this.counter(
    'truncated_alerts_total',
    'Alerts that Alertmanager left out of its webhook bodies.',
  );
  private readonly deliveries = this.counter(
    'deliveries_total',
    'Deliveries attempted, by what came of it.',
    ['destination', 'kind', 'outcome'],
  );
  private readonly deliverySeconds = new Histogram({
    name: `${PREFIX}delivery_seconds`,
    help: 'Time from accepting an alert to its delivery.',
    buckets: [0.5, 1, 5, 30, 120, 600, 3600],
    registers: [this.registry],
  });
  private readonly coalesced = this.counter(
    'coalesced_total',
    'Deliveries told by a later one of the same alert.',
    ['destination'],
  );
  private readonly healthy = this.gauge(
    'destination_healthy',
    '0 while a destination refuses every call, else 1.',
    ['destination'],
  );
  private readonly parked = this.gauge(
    'destination_parked',
    '1 while a destination cannot be called for want of a setting, else 0.',
    ['destination'],
  );
  private readonly rateLimited = this.counter(
    'ratelimit_parked_seconds_total',
    'Seconds that destinations told us to wait.',
    ['destination'],
  );
  private readonly reload = this.gauge(
    'config_reload_success',
    '1 when the newest configuration is in use, 0 when it was refused.',
  );
  private readonly heartbeat = this.gauge(
    'heartbeat_timestamp_seconds',
    "Last heartbeat of Alertmanager's Watchdog, in seconds since the Unix epoch; 0 before the first.",
  );
  private readonly reconciled = this.counter(
    'reconciled_total',
    'Alerts that the reconciler found missing.',
    ['kind'],
  );
  private readonly reconcile = this.gauge(
    'reconcile_success',
    '1 when the last comparison with Alertmanager worked, else 0.',
  );
  private readonly corrupt = this.counter(
    'store_corrupt_total',
    'Databases moved aside because they could not be read.',
  );

  private readonly rows = this.gauge(
    'outbox_rows',
    'Deliveries by where they are, since the database began.',
    ['state', 'destination'],
  );
  private readonly oldest = this.gauge(
    'outbox_oldest_seconds',
    'Age of the oldest pending delivery; 0 when none is pending.',
    ['destination'],
  );
  private readonly deadLetters = this.gauge('dead_letters', 'Deliveries given up and kept.', [
    'destination',
  ]);
  private readonly firing = this.gauge(
    'alerts_firing',
    'Alerts that fire, as destinations were told; no series while there are more than 1,000.',
    [...FIRING_LABELS],
  );
  private readonly storeBytes = this.gauge('store_bytes', 'Size of the database.');
  private readonly writable = this.gauge(
    'store_writable',
    '1 when the last write succeeded and there is room for more, else 0.',
  );

  constructor() {
    registerProcessMetrics(this.registry);
    this.reload.set(1);
    // Without a series before it, Prometheus takes the first request for no increase.
    for (const code of [200, 503]) this.webhooks.inc({ code }, 0);
  }

  /** The text of a scrape. */
  text(): Promise<string> {
    if (this.read) this.setStore(this.read());
    return this.registry.metrics();
  }

  /** Where scrapes read the store. */
  attach(read: () => StoreReadings): void {
    this.read = read;
  }

  countWebhook(code: number): void {
    this.webhooks.inc({ code });
  }

  /** From the end of the request to its answer. */
  observeAck(seconds: number): void {
    this.ack.observe(seconds);
  }

  countAccepted(status: DeliveryKind, count: number): void {
    this.accepted.inc({ status }, count);
  }

  countUnchanged(count: number): void {
    this.unchanged.inc(count);
  }

  countTruncated(count: number): void {
    this.truncated.inc(count);
  }

  /** One delivery in a call that ended so. */
  countDelivery(destination: string, kind: DeliveryKind, outcome: Outcome['kind']): void {
    this.deliveries.inc({ destination, kind, outcome });
  }

  /** From accepting to delivered. */
  observeDelivery(seconds: number): void {
    this.deliverySeconds.observe(seconds);
  }

  countCoalesced(destination: string, count: number): void {
    this.coalesced.inc({ destination }, count);
  }

  setHealthy(destination: string, healthy: boolean): void {
    this.healthy.set({ destination }, healthy ? 1 : 0);
  }

  setParked(destination: string, parked: boolean): void {
    this.parked.set({ destination }, parked ? 1 : 0);
  }

  /** Of a destination that the configuration no longer has. */
  forget(destination: string): void {
    this.healthy.remove({ destination });
    this.parked.remove({ destination });
  }

  countRateLimited(destination: string, seconds: number): void {
    this.rateLimited.inc({ destination }, seconds);
  }

  setConfigReload(succeeded: boolean): void {
    this.reload.set(succeeded ? 1 : 0);
  }

  setHeartbeat(at: Date): void {
    this.heartbeat.set(at.getTime() / 1000);
  }

  countReconciled(kind: 'firing' | 'resolved', count = 1): void {
    this.reconciled.inc({ kind }, count);
  }

  setReconcileSuccess(succeeded: boolean): void {
    this.reconcile.set(succeeded ? 1 : 0);
  }

  countCorrupt(): void {
    this.corrupt.inc();
  }

  private setStore(readings: StoreReadings): void {
    for (const gauge of [this.rows, this.oldest, this.deadLetters, this.firing]) gauge.reset();
    for (const [destination, totals] of readings.totals) {
      for (const state of STATES) this.rows.set({ state, destination }, totals[state]);
    }
    setEach(this.oldest, readings.oldestSeconds);
    setEach(this.deadLetters, readings.deadLetters);
    for (const labels of readings.firing) {
      this.firing.inc(Object.fromEntries(FIRING_LABELS.map((name) => [name, labels[name] ?? ''])));
    }
    this.storeBytes.set(readings.bytes);
    this.writable.set(readings.writable ? 1 : 0);
  }

  private gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name: PREFIX + name, help, labelNames, registers: [this.registry] });
  }

  private counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: [this.registry] });
  }
}

function setEach(gauge: Gauge, values: ReadonlyMap<string, number>): void {
  for (const [destination, value] of values) gauge.set({ destination }, value);
}
