import * as units from '@grafana/grafana-foundation-sdk/units';
import { REQUESTS } from '../../../prometheus/rules/control-plane';
import { orNone, thresholds, timeSeries, type TimeSeriesBuilder } from '../common';
import { percentOf, quantile } from './selectors';

/** Requests to the API: how many, how they end, and how long they take. */
export const apiServer = (): TimeSeriesBuilder[] => [
  requests(),
  errors(),
  latency(),
  inFlight(),
  rejected(),
  clientCertificates(),
];

const requests = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Requests to the API',
    description:
      'Requests to the API by verb. LIST is the costly one; much of it comes from a client that does not watch.',
    unit: units.RequestsPerSecond,
    thresholds: thresholds.none,
    queries: [
      {
        expr: 'sum by (verb) (rate(apiserver_request_total{job="api-server"}[$__rate_interval]))',
        legend: '{{verb}}',
      },
    ],
  });

const errors = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Requests failed',
    description: 'Requests that failed with a 5xx, as a share of all.',
    unit: units.Percent,
    thresholds: thresholds.budget(5),
    alerts: ['ApiServerErrors'],
    queries: [
      {
        expr: percentOf(
          'apiserver_request_total{job="api-server",code=~"5.."}',
          'apiserver_request_total{job="api-server"}',
        ),
        legend: '5xx',
      },
    ],
  });

const latency = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Time of a request',
    description:
      'Time that all but one in a hundred requests need, by verb; watches, lists and what follows a log or a shell are left out. Most often a slow etcd is behind it.',
    unit: units.DurationSeconds,
    thresholds: thresholds.budget(5),
    alerts: ['ApiServerSlow'],
    queries: [
      {
        expr: `${quantile(0.99, `apiserver_request_duration_seconds_bucket${REQUESTS}`, 'verb')} >= 0`,
        legend: '{{verb}}',
      },
    ],
  });

const inFlight = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Requests under way',
    description: 'Requests that are being answered, watches left out.',
    unit: units.Short,
    thresholds: thresholds.none,
    queries: [
      {
        expr: 'sum by (request_kind) (apiserver_current_inflight_requests{job="api-server"})',
        legend: '{{request_kind}}',
      },
    ],
  });

const rejected = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Requests turned away',
    description:
      'Requests that the API server refused to protect itself, by the level of their priority. Zero is good.',
    unit: units.RequestsPerSecond,
    thresholds: thresholds.noneAtAll,
    queries: [
      {
        expr: orNone(
          'sum by (priority_level) (rate(apiserver_flowcontrol_rejected_requests_total{job="api-server"}[$__rate_interval]))',
          'priority_level',
        ),
        legend: '{{priority_level}}',
      },
    ],
  });

/** Bound of the alert, in seconds. */
const WEEK = 7 * 86_400;

const clientCertificates = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Shortest time left of client certificates',
    description:
      'One in a hundred requests comes with a client certificate that ends within this time, or sooner.',
    unit: units.DurationSeconds,
    thresholds: thresholds.atLeast(WEEK),
    alerts: ['ApiClientCertificateExpiring'],
    queries: [
      {
        expr: 'histogram_quantile(0.01, sum by (le) (rate(apiserver_client_certificate_expiration_seconds_bucket{job="api-server"}[15m])))',
        legend: 'time left',
      },
    ],
  });
