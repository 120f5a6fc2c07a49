import { seconds, type Settings } from '../../settings';
import { alert, type Alert, type RuleGroup } from './rule';

/** Seconds that an alert may wait for its delivery. */
export const BACKLOG = 300;

/** A destination that cannot be called for want of a credential is as someone has set it up, and no fault. */
const UNLESS_PARKED = 'unless on (destination) alert_router_destination_parked == 1';

/** The last part of an alert's way: the alert-router and the destinations behind it. */
export const delivery = (settings: Settings): RuleGroup => ({
  name: 'delivery',
  rules: [
    ...destinations,
    ...accepting,
    ...store,
    ...comparing,
    heartbeatMissing(seconds(settings.alertRouter.heartbeatTimeout)),
  ],
});

const common = { service: 'alert-router', category: 'platform' } as const;

const destinations: readonly Alert[] = [
  alert({
    ...common,
    name: 'RouterDestinationUnhealthy',
    expr: `min by (destination) (alert_router_destination_healthy) == 0 ${UNLESS_PARKED}`,
    for: '2m',
    severity: 'critical',
    summary: 'The destination {{ $labels.destination }} takes no alerts.',
    description:
      'For 2 minutes it has refused every call, so that the router calls it no more; its alerts wait.',
  }),
  alert({
    ...common,
    name: 'RouterBacklog',
    expr:
      `max by (destination) (alert_router_outbox_oldest_seconds) > ${BACKLOG} ${UNLESS_PARKED}` +
      // That one is told already.
      ' unless on (destination) alert_router_destination_healthy == 0',
    for: '1m',
    severity: 'critical',
    summary: 'Alerts for {{ $labels.destination }} are late.',
    description: 'The oldest has been waiting for {{ $value | humanizeDuration }}.',
  }),
  alert({
    ...common,
    name: 'RouterDeadLetters',
    // Those that were there an hour ago have been told. Without their pod, which a restart changes.
    expr:
      `sum by (destination) (alert_router_dead_letters) > 0 ${UNLESS_PARKED}` +
      ' unless sum by (destination) (alert_router_dead_letters offset 1h)' +
      ' >= sum by (destination) (alert_router_dead_letters)',
    for: '0s',
    severity: 'warning',
    summary: 'Alerts for {{ $labels.destination }} were given up.',
    description:
      '{{ $value }} deliveries are kept as dead letters, with the reason; some are of the last hour.',
  }),
];

const accepting: readonly Alert[] = [
  alert({
    ...common,
    name: 'RouterRefusing',
    expr: 'sum(rate(alert_router_webhook_requests_total{code=~"5.."}[2m])) > 0',
    for: '3m',
    severity: 'critical',
    summary: 'The alert-router takes no alerts.',
    description:
      'For 3 minutes it has answered {{ $value | printf "%.2f" }} requests per second with a 5xx; Alertmanager tries again.',
  }),
  alert({
    ...common,
    name: 'RouterTruncated',
    expr: 'sum(increase(alert_router_truncated_alerts_total[15m])) > 0',
    for: '0s',
    severity: 'warning',
    summary: 'Alertmanager leaves out alerts.',
    description:
      '{{ $value | printf "%.0f" }} alerts of 15 minutes were cut from the notifications; the reconciler finds them.',
  }),
];

const store: readonly Alert[] = [
  alert({
    ...common,
    name: 'RouterStoreUnwritable',
    expr: 'min(alert_router_store_writable) == 0',
    for: '1m',
    severity: 'critical',
    summary: 'The alert-router cannot write its queue.',
    description:
      'For 1 minute every write has failed, most likely because the volume is full; new alerts stay with Alertmanager.',
  }),
  alert({
    ...common,
    name: 'RouterStoreCorrupt',
    expr: 'sum(alert_router_store_corrupt_total) > 0',
    for: '0s',
    severity: 'critical',
    summary: 'The alert-router has lost its queue.',
    description:
      '{{ $value }} times since its start the database could not be read; it was moved aside, with what waited in it.',
  }),
];

const comparing: readonly Alert[] = [
  alert({
    ...common,
    name: 'ReconcilerFailing',
    // After a start Alertmanager may not be there yet, and the next comparison is a minute later.
    expr:
      `max(max_over_time(alert_router_reconcile_success[5m])) == 0` +
      ' and max(time() - process_start_time_seconds{job="alert-router"}) > 300',
    for: '0s',
    severity: 'warning',
    summary: 'The alert-router cannot compare its alerts with those of Alertmanager.',
    description:
      'For 5 minutes it has not read them; what Alertmanager drops meanwhile is not found.',
  }),
];

/** @param timeout in seconds */
const heartbeatMissing = (timeout: number): Alert =>
  alert({
    ...common,
    name: 'HeartbeatMissing',
    expr: [
      'alert_router_heartbeat_timestamp_seconds',
      'process_start_time_seconds{job="alert-router"}',
    ]
      .map((moment) => `time() - max(${moment}) > ${timeout}`)
      .join(' and '),
    for: '2m',
    severity: 'critical',
    summary: 'The heartbeat does not reach the alert-router.',
    description:
      'The Watchdog was last told {{ $value | humanizeDuration }} ago, while other alerts may still arrive.',
  });
