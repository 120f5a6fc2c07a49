import * as units from '@grafana/grafana-foundation-sdk/units';
import { ETCD_LARGE } from '../../../prometheus/rules/control-plane';
import {
  barGauge,
  thresholds,
  timeSeries,
  type BarGaugeBuilder,
  type TimeSeriesBuilder,
} from '../common';
import { mean, percentOf } from './selectors';

/** The database of the cluster as the API server sees it; its own metrics are on loopback. */
export const etcd = (): (BarGaugeBuilder | TimeSeriesBuilder)[] => [
  latency(),
  errors(),
  size(),
  objects(),
];

const latency = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Time of an etcd request',
    description:
      'Time of a request to etcd on average, by operation. It waits for its disk above all.',
    unit: units.DurationSeconds,
    thresholds: thresholds.budget(0.5),
    alerts: ['EtcdSlow'],
    queries: [
      {
        expr: mean('etcd_request_duration_seconds', '{job="api-server"}', 'operation'),
        legend: '{{operation}}',
      },
    ],
  });

const errors = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'etcd requests failed',
    description: 'Requests to etcd that failed, as a share of all.',
    unit: units.Percent,
    thresholds: thresholds.budget(5),
    alerts: ['EtcdErrors'],
    queries: [
      {
        expr: percentOf(
          'etcd_request_errors_total{job="api-server"}',
          'etcd_requests_total{job="api-server"}',
        ),
        legend: 'failed',
      },
    ],
  });

const size = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Size of the database',
    description:
      'What etcd holds on its disk. When it is full it takes no more writes, and the cluster stands still.',
    unit: units.BytesIEC,
    thresholds: thresholds.budget(Math.round(ETCD_LARGE)),
    alerts: ['EtcdDatabaseLarge'],
    queries: [{ expr: 'max(apiserver_storage_size_bytes)', legend: 'database' }],
  });

const objects = (): BarGaugeBuilder =>
  barGauge({
    title: 'Objects, the ten most frequent kinds',
    description:
      'What is stored, by kind. Events, leases and finished jobs that grow without end are the usual finds.',
    unit: units.Short,
    thresholds: thresholds.none,
    queries: [
      {
        expr: 'topk(10, max by (resource) (apiserver_storage_objects{job="api-server"}))',
        legend: '{{resource}}',
      },
    ],
  });
