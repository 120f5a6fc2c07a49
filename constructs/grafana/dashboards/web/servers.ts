import * as units from '@grafana/grafana-foundation-sdk/units';
import type { Settings } from '../../../settings';
import { stat, thresholds, timeSeries, type StatBuilder, type TimeSeriesBuilder } from '../common';

export type ServerPanels = readonly (StatBuilder | TimeSeriesBuilder)[];

/** Apache as its exporter sees it from beside it. */
export const apache = ({ thresholds: { web: limits } }: Settings): ServerPanels => [
  up('apache', 'Apache', 'ApacheDown'),
  stat({
    title: 'Apache has run for',
    description:
      'Since Apache was started. It is not started anew when its certificate is renewed.',
    unit: units.DurationSeconds,
    thresholds: thresholds.none,
    queries: [{ expr: 'min(apache_uptime_seconds_total)', legend: 'uptime' }],
  }).height(8),
  timeSeries({
    title: 'Apache: workers',
    description:
      'The share of all workers that there may be which are busy with a request. When all are, requests wait.',
    unit: units.Percent,
    thresholds: thresholds.budget(limits.busyWorkers),
    alerts: ['ApacheBusyWorkers'],
    queries: [
      {
        expr: '100 * sum by (pod) (apache_workers{state="busy"}) / sum by (pod) (apache_scoreboard)',
        legend: '{{pod}}',
      },
    ],
  }).span(16),
  timeSeries({
    title: 'Apache: requests',
    description: 'Requests that Apache answers each second, the probes of its page among them.',
    unit: units.RequestsPerSecond,
    thresholds: thresholds.none,
    queries: [
      { expr: 'sum by (pod) (rate(apache_accesses_total[$__rate_interval]))', legend: '{{pod}}' },
    ],
  }),
  timeSeries({
    title: 'Apache: traffic',
    description:
      'What Apache sends each second, in bodies of answers. It counts in whole kibibytes.',
    unit: units.BytesPerSecondIEC,
    thresholds: thresholds.none,
    queries: [
      {
        expr: '1024 * sum by (pod) (rate(apache_sent_kilobytes_total[$__rate_interval]))',
        legend: '{{pod}}',
      },
    ],
  }),
];

/** nginx as its exporter sees it from beside it. */
export const nginx = (): ServerPanels => [
  up('nginx', 'nginx', 'NginxDown'),
  stat({
    title: 'nginx: connections dropped',
    description:
      'Connections that nginx took and closed at once for want of worker connections, in the last 5 minutes.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsGood,
    alerts: ['NginxConnectionsDropped'],
    queries: [
      {
        expr: 'round(sum(increase(nginx_connections_accepted[5m]) - increase(nginx_connections_handled[5m])))',
        legend: 'dropped',
      },
    ],
  }).height(8),
  timeSeries({
    title: 'nginx: connections',
    description:
      'Open connections by what they do: `waiting` ones are idle and kept for a next request.',
    unit: units.Short,
    thresholds: thresholds.none,
    queries: ['reading', 'writing', 'waiting'].map((state) => ({
      expr: `sum(nginx_connections_${state})`,
      legend: state,
    })),
  }).span(8),
  timeSeries({
    title: 'nginx: requests',
    description: 'Requests that nginx answers each second, the probes of its page among them.',
    unit: units.RequestsPerSecond,
    thresholds: thresholds.none,
    queries: [
      {
        expr: 'sum by (pod) (rate(nginx_http_requests_total[$__rate_interval]))',
        legend: '{{pod}}',
      },
    ],
  }).span(8),
];

const up = (job: 'apache' | 'nginx', server: string, alert: string): StatBuilder =>
  stat({
    title: `${server} is up`,
    description: `The share of ${server}'s pods whose exporter answers, and reaches its server.`,
    unit: units.PercentUnit,
    thresholds: thresholds.allIsGood,
    alerts: [alert],
    queries: [{ expr: `avg(${job}_up * on (instance) up{job="${job}"})`, legend: 'up' }],
  }).height(8);
