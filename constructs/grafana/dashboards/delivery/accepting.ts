import * as units from '@grafana/grafana-foundation-sdk/units';
import type { Topology } from '../../../topology';
import {
  orNone,
  stat,
  thresholds,
  timeSeries,
  type StatBuilder,
  type TimeSeriesBuilder,
} from '../common';
import { toLinesOf } from '../to-logs';
import { SHARES, percent, quantile } from './selectors';

/** What the router takes on, which it has stored before it answers. */
export const accepting = (topology: Topology): (StatBuilder | TimeSeriesBuilder)[] =>
  [
    requests(),
    ackTime(),
    accepted(),
    reconciled(),
    truncated(),
    comparison(),
    writable(),
    corrupt(),
    configuration(),
    database(),
  ].map((panel) => panel.dataLinks([toLinesOf(topology.component('alertRouter'))]));

const requests = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Requests',
    description:
      'Requests of Alertmanager that tell alerts, by the status that answered them. After a 5xx it tries again.',
    unit: units.RequestsPerSecond,
    thresholds: thresholds.none,
    alerts: ['RouterRefusing'],
    queries: [
      {
        expr: 'sum by (code) (rate(alert_router_webhook_requests_total[$__rate_interval]))',
        legend: '{{code}}',
      },
    ],
  });

const ackTime = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Time to accept',
    description:
      'From the end of a request to its answer, over the last hour: the time to write its alerts to the disk.',
    unit: units.DurationSeconds,
    thresholds: thresholds.none,
    queries: SHARES.map((share) => ({
      expr: quantile(share, 'alert_router_ack_seconds'),
      legend: percent(share),
    })),
  });

const accepted = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Accepted',
    description:
      'Deliveries stored in the 5 minutes before each moment, one for each alert and destination, by what they tell. Those told already are not stored again.',
    unit: units.Short,
    thresholds: thresholds.none,
    queries: [
      {
        expr: orNone(
          'sum by (status) (increase(alert_router_alerts_accepted_total[5m]))',
          'status',
        ),
        legend: '{{status}}',
      },
      { expr: 'sum(increase(alert_router_alerts_unchanged_total[5m]))', legend: 'told already' },
    ],
  });

const reconciled = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Found by comparison',
    description:
      'Alerts that Alertmanager had and the router did not, found in the 5 minutes before each moment. Now and then is normal; a stream means that notifications get lost.',
    unit: units.Short,
    thresholds: thresholds.none,
    queries: [
      {
        expr: orNone('sum by (kind) (increase(alert_router_reconciled_total[5m]))', 'kind'),
        legend: '{{kind}}',
      },
    ],
  });

const truncated = (): StatBuilder =>
  stat({
    title: 'Cut off',
    description:
      'Alerts that Alertmanager left out of its notifications in the last hour; the comparison finds them.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsCalm,
    alerts: ['RouterTruncated'],
    queries: [
      {
        expr: 'round(sum(increase(alert_router_truncated_alerts_total[1h])))',
        legend: 'alerts',
      },
    ],
  });

const comparison = (): StatBuilder =>
  stat({
    title: 'Comparison works',
    description: 'Whether the router could last compare its alerts with those of Alertmanager.',
    unit: units.BoolYesNo,
    thresholds: thresholds.atLeast(1),
    alerts: ['ReconcilerFailing'],
    queries: [{ expr: 'min(alert_router_reconcile_success)', legend: 'works' }],
  });

const writable = (): StatBuilder =>
  stat({
    title: 'Queue is writable',
    description: 'Whether the last write succeeded and there is room for more.',
    unit: units.BoolYesNo,
    thresholds: thresholds.atLeast(1),
    alerts: ['RouterStoreUnwritable'],
    queries: [{ expr: 'min(alert_router_store_writable)', legend: 'writable' }],
  });

const corrupt = (): StatBuilder =>
  stat({
    title: 'Queues lost',
    description: 'Databases that could not be read and were moved aside, since the router started.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsGood,
    alerts: ['RouterStoreCorrupt'],
    queries: [{ expr: 'sum(alert_router_store_corrupt_total)', legend: 'lost' }],
  });

const configuration = (): StatBuilder =>
  stat({
    title: 'Configuration in use',
    description: 'Whether the newest configuration is in use, and was not refused for a mistake.',
    unit: units.BoolYesNo,
    thresholds: thresholds.atLeast(1),
    alerts: ['ConfigReloadFailed'],
    queries: [{ expr: 'min(alert_router_config_reload_success)', legend: 'newest' }],
  });

const database = (): StatBuilder =>
  stat({
    title: 'Size of the queue',
    description: 'The database with all that waits, and what was delivered of late.',
    unit: units.BytesIEC,
    thresholds: thresholds.none,
    queries: [{ expr: 'sum(alert_router_store_bytes)', legend: 'database' }],
  });
