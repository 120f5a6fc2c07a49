import { BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import * as units from '@grafana/grafana-foundation-sdk/units';
import type { Settings } from '../../../settings';
import type { Topology } from '../../../topology';
import { stat, thresholds, timeSeries, type StatBuilder, type TimeSeriesBuilder } from '../common';
import { toLinesOf } from '../to-logs';

const QUANTILES = { median: 0.5, 'slowest 5 %': 0.95, 'slowest 1 %': 0.99 } as const;

/** The app's own word: rate, errors and duration of its requests, and attempts to log in. */
export function sampleApp(
  { thresholds: { web: limits } }: Settings,
  topology: Topology,
): readonly (StatBuilder | TimeSeriesBuilder)[] {
  const app = topology.component('sampleApp');
  const job = `job="${app.name}"`;
  return [
    rate(job),
    errors(job, limits.errors),
    durations(job),
    logins(job),
    inFlight(job),
    build(job),
  ].map((panel) => panel.dataLinks([toLinesOf(app)]));
}

const rate = (job: string): TimeSeriesBuilder =>
  timeSeries({
    title: 'Sample app: requests by route',
    description: 'Requests that the app answers each second; `none` is whatever matches no route.',
    unit: units.RequestsPerSecond,
    thresholds: thresholds.none,
    queries: [
      {
        expr: `sum by (method, route) (rate(http_requests_total{${job}}[$__rate_interval]))`,
        legend: '{{method}} {{route}}',
      },
    ],
  }).span(8);

const errors = (job: string, bound: number): TimeSeriesBuilder =>
  timeSeries({
    title: 'Sample app: errors',
    description: 'The share of answers that are an error of the server, a 5xx.',
    unit: units.Percent,
    thresholds: thresholds.budget(bound),
    alerts: ['WebErrors', 'WebErrorRatio'],
    queries: [
      {
        // Without a single error there is no series of errors, and the share is zero.
        expr:
          `100 * (sum(rate(http_requests_total{${job},code=~"5.."}[$__rate_interval])) or vector(0))` +
          ` / sum(rate(http_requests_total{${job}}[$__rate_interval]))`,
        legend: '5xx',
      },
    ],
  }).span(8);

const durations = (job: string): TimeSeriesBuilder =>
  timeSeries({
    title: 'Sample app: duration',
    description:
      'How long answers take, from the headers of a request to the last byte: that of the median, and which the slowest exceed.',
    unit: units.Seconds,
    thresholds: thresholds.none,
    queries: Object.entries(QUANTILES).map(([legend, quantile]) => ({
      expr: `histogram_quantile(${quantile}, sum by (le) (rate(http_request_duration_seconds_bucket{${job}}[$__rate_interval])))`,
      legend,
    })),
  }).span(8);

const logins = (job: string): TimeSeriesBuilder =>
  timeSeries({
    title: 'Sample app: attempts to log in',
    description:
      'Attempts within the 5 minutes before each moment, by what came of them. Many that failed or were rate-limited are someone who guesses.',
    alerts: ['BruteForceByAddress', 'BruteForceByUser', 'LoginAfterFailures'],
    unit: units.Short,
    thresholds: thresholds.none,
    queries: [
      {
        expr: `sum by (outcome) (increase(login_attempts_total{${job}}[5m]))`,
        legend: '{{outcome}}',
      },
    ],
  });

const inFlight = (job: string): StatBuilder =>
  stat({
    title: 'Sample app: requests in flight',
    description: 'Requests that are being answered right now.',
    unit: units.Short,
    thresholds: thresholds.none,
    queries: [{ expr: `sum(http_requests_in_flight{${job}})`, legend: 'in flight' }],
  })
    .height(8)
    .span(6);

const build = (job: string): StatBuilder =>
  stat({
    title: 'Sample app: version',
    description: 'Which version of the app runs, and on which Node.js.',
    unit: units.NoUnit,
    thresholds: thresholds.none,
    queries: [
      {
        expr: `count by (version, node_version) (app_build_info{${job}})`,
        legend: '{{version}}, Node.js {{node_version}}',
      },
    ],
  })
    .textMode(BigValueTextMode.Name)
    .height(8)
    .span(6);
