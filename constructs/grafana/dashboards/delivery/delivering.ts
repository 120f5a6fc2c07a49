import * as units from '@grafana/grafana-foundation-sdk/units';
import { BACKLOG } from '../../../prometheus/rules/delivery';
import type { Topology } from '../../../topology';
import { orNone, thresholds, timeSeries, type TimeSeriesBuilder } from '../common';
import { toLinesOf } from '../to-logs';
import { SHARES, percent, quantile, toDestination } from './selectors';

/** What becomes of the alerts that were accepted. */
export const delivering = (topology: Topology): TimeSeriesBuilder[] =>
  [outcomes(), deliveryTime(), waiting(), oldest(), rateLimited(), coalesced()].map((panel) =>
    panel.dataLinks([toLinesOf(topology.component('alertRouter'))]),
  );

const outcomes = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Deliveries',
    description:
      'Deliveries tried in the 5 minutes before each moment, by destination and what came of it. What was not delivered is tried again, or becomes a dead letter.',
    unit: units.Short,
    thresholds: thresholds.none,
    alerts: ['RouterDestinationUnhealthy', 'RouterDeadLetters'],
    queries: [
      {
        expr: orNone(
          `sum by (destination, outcome) (increase(alert_router_deliveries_total${toDestination()}[5m]))`,
          'destination',
        ),
        legend: '{{destination}} {{outcome}}',
      },
    ],
  });

const deliveryTime = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'From accepted to delivered',
    description:
      'Time that an alert spends in the router, over the last hour, all destinations together; zero while there are no alerts.',
    unit: units.DurationSeconds,
    thresholds: thresholds.budget(BACKLOG),
    alerts: ['RouterBacklog'],
    queries: SHARES.map((share) => ({
      expr: quantile(share, 'alert_router_delivery_seconds'),
      legend: percent(share),
    })),
  });

const waiting = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Waiting by destination',
    description: 'Deliveries that are accepted and not yet made.',
    unit: units.Short,
    thresholds: thresholds.none,
    alerts: ['RouterBacklog'],
    queries: [
      {
        expr: orNone(
          `sum by (destination) (alert_router_outbox_rows${toDestination('state="pending"')})`,
          'destination',
        ),
        legend: '{{destination}}',
      },
    ],
  });

const oldest = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Longest wait by destination',
    description:
      'Age of the oldest delivery that waits. Of a destination that cannot be called for want of a setting it may grow, and no alert fires.',
    unit: units.DurationSeconds,
    thresholds: thresholds.budget(BACKLOG),
    alerts: ['RouterBacklog'],
    queries: [
      {
        expr: orNone(
          `max by (destination) (alert_router_outbox_oldest_seconds${toDestination()})`,
          'destination',
        ),
        legend: '{{destination}}',
      },
    ],
  });

const rateLimited = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Told to wait',
    description:
      'The share of time for which a destination has asked for a pause, because it got too much at once.',
    unit: units.PercentUnit,
    thresholds: thresholds.none,
    queries: [
      {
        expr: orNone(
          `sum by (destination) (rate(alert_router_ratelimit_parked_seconds_total${toDestination()}[5m]))`,
          'destination',
        ),
        legend: '{{destination}}',
      },
    ],
  });

const coalesced = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Told by a later one',
    description:
      'Deliveries that a later one of the same alert made needless in the 5 minutes before each moment. They show a storm, or a destination that was away.',
    unit: units.Short,
    thresholds: thresholds.none,
    queries: [
      {
        expr: orNone(
          `sum by (destination) (increase(alert_router_coalesced_total${toDestination()}[5m]))`,
          'destination',
        ),
        legend: '{{destination}}',
      },
    ],
  });
