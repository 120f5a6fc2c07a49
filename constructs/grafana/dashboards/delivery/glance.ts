import * as units from '@grafana/grafana-foundation-sdk/units';
import { BACKLOG } from '../../../prometheus/rules/delivery';
import { seconds, type Settings } from '../../../settings';
import type { Topology } from '../../../topology';
import { orZero, stat, table, thresholds, type StatBuilder, type TableBuilder } from '../common';
import { firing } from '../alerts';
import { toLinesOf } from '../to-logs';
import { toDestination } from './selectors';

/** Whether alerts arrive now. */
export const glance = (
  { alertRouter }: Settings,
  topology: Topology,
): (StatBuilder | TableBuilder)[] => [
  alertsFiring(),
  ...[
    heartbeat(seconds(alertRouter.heartbeatTimeout)),
    pending(),
    oldest(),
    deadLetters(),
    refusing(),
    destinations(),
  ].map((panel) => panel.dataLinks([toLinesOf(topology.component('alertRouter'))])),
];

const alertsFiring = (): StatBuilder =>
  stat({
    title: 'Alerts firing',
    description: 'Alerts of Prometheus that fire now, without the heartbeat.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsCalm,
    queries: [
      {
        expr: orZero(`count(${firing()})`),
        legend: 'firing',
      },
    ],
  });

/** @param timeout in seconds */
const heartbeat = (timeout: number): StatBuilder =>
  stat({
    title: 'Last heartbeat',
    description:
      'Since the alert that always fires last came through Prometheus and Alertmanager. As long as it comes, other alerts can.',
    unit: units.DurationSeconds,
    thresholds: thresholds.budget(timeout),
    alerts: ['HeartbeatMissing'],
    queries: [{ expr: 'time() - max(alert_router_heartbeat_timestamp_seconds)', legend: 'ago' }],
  });

const pending = (): StatBuilder =>
  stat({
    title: 'Waiting',
    description:
      'Deliveries that are accepted and not yet made. Those of a destination without a credential wait until it has one.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsCalm,
    queries: [
      {
        expr: orZero(`sum(alert_router_outbox_rows${toDestination('state="pending"')})`),
        legend: 'waiting',
      },
    ],
  });

const oldest = (): StatBuilder =>
  stat({
    title: 'Longest wait',
    description:
      'Age of the oldest delivery that waits; destinations that cannot be called for want of a setting are left out.',
    unit: units.DurationSeconds,
    thresholds: thresholds.budget(BACKLOG),
    alerts: ['RouterBacklog'],
    queries: [
      {
        expr: orZero(
          `max(alert_router_outbox_oldest_seconds${toDestination()} unless on (destination) alert_router_destination_parked == 1)`,
        ),
        legend: 'oldest',
      },
    ],
  });

const deadLetters = (): StatBuilder =>
  stat({
    title: 'Dead letters',
    description:
      'Deliveries that were given up and are kept, each with its reason. None is the good case.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsCalm,
    alerts: ['RouterDeadLetters'],
    queries: [
      {
        expr: orZero(`sum(alert_router_dead_letters${toDestination()})`),
        legend: 'dead letters',
      },
    ],
  });

const refusing = (): StatBuilder =>
  stat({
    title: 'Destinations that refuse',
    description: 'Destinations that take no call at all; their alerts wait.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsGood,
    alerts: ['RouterDestinationUnhealthy'],
    queries: [
      {
        expr: orZero(
          `count(min by (destination) (alert_router_destination_healthy${toDestination()}) == 0 unless on (destination) alert_router_destination_parked == 1)`,
        ),
        legend: 'refusing',
      },
    ],
  });

const destinations = (): TableBuilder =>
  table({
    title: 'Destinations without a setting',
    description:
      'Destinations that cannot be called because no one has given them a credential or a recipient; 1 each. `npx vigil alerts connect <destination>` does.',
    emptyWhenWell: 'every destination is set up',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsCalm,
    queries: [
      {
        expr: `max by (destination) (alert_router_destination_parked${toDestination()}) == 1`,
      },
    ],
    columns: ['destination', 'Value'],
  })
    .overrideByName('Value', [{ id: 'displayName', value: 'parked' }])
    .span(24);
