import * as units from '@grafana/grafana-foundation-sdk/units';
import { stat, thresholds, timeSeries, type StatBuilder, type TimeSeriesBuilder } from '../common';

const rate = (counter: string): string => `sum(rate(${counter}[$__rate_interval]))`;

/** The way of a line from a node to where it can be asked for. */
export const pipeline = (): readonly (StatBuilder | TimeSeriesBuilder)[] => [
  readAndSent(),
  delay(),
  lost(),
  ingested(),
  rules(),
  streamCount(),
  lastRefused(),
];

const readAndSent = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Alloy: lines read and sent',
    description:
      'Lines that the agents read from files and journals, and those that Loki has taken. Sent stays below read while Loki is away, and exceeds it while they catch up.',
    alerts: ['LogsNotSent', 'LogsBehind'],
    unit: units.CountsPerSecond,
    thresholds: thresholds.none,
    queries: [
      { expr: rate('loki_source_file_read_lines_total'), legend: 'read from files' },
      { expr: rate('loki_source_journal_target_lines_total'), legend: 'read from journals' },
      { expr: rate('loki_write_sent_entries_total'), legend: 'sent' },
    ],
  }).span(8);

const delay = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Alloy: requests to Loki',
    description:
      'How long Loki takes to accept a batch of lines: the median, and what the slowest 5 % exceed.',
    alerts: ['LokiRequestErrors'],
    unit: units.Seconds,
    thresholds: thresholds.none,
    queries: Object.entries({ median: 0.5, 'slowest 5 %': 0.95 }).map(([legend, quantile]) => ({
      expr: `histogram_quantile(${quantile}, sum by (le) (rate(loki_write_request_duration_seconds_bucket[$__rate_interval])))`,
      legend,
    })),
  }).span(8);

const lost = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Lines lost, batches sent again',
    description:
      'Lines that an agent gave up, lines that Loki refused for their age or size, and batches that had to be sent again, which loses nothing.',
    alerts: ['LogLinesDropped', 'LogsNotSent'],
    unit: units.CountsPerSecond,
    thresholds: thresholds.noneAtAll,
    queries: [
      { expr: rate('loki_write_dropped_entries_total'), legend: 'given up by Alloy' },
      { expr: `${rate('loki_discarded_samples_total')} or vector(0)`, legend: 'refused by Loki' },
      { expr: rate('loki_write_batch_retries_total'), legend: 'sent again' },
    ],
  }).span(8);

const ingested = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Loki: bytes taken in',
    description:
      'What Loki takes in each second, lines and their metadata, before it is compressed.',
    unit: units.BytesPerSecondIEC,
    thresholds: thresholds.none,
    queries: [{ expr: rate('loki_distributor_bytes_received_total'), legend: 'bytes' }],
  }).span(8);

const rules = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Loki: rules evaluated',
    description:
      'Evaluations of the alerts from logs, and those that failed: an alert whose rule fails cannot fire.',
    alerts: ['LokiRuleFailures', 'LokiAlertsNotSent'],
    unit: units.CountsPerSecond,
    thresholds: thresholds.none,
    queries: [
      { expr: rate('loki_prometheus_rule_evaluations_total'), legend: 'evaluated' },
      { expr: rate('loki_prometheus_rule_evaluation_failures_total'), legend: 'failed' },
    ],
  }).span(8);

const streamCount = (): StatBuilder =>
  stat({
    title: 'Loki: streams',
    description:
      'Streams that Loki holds in memory, one for each set of labels. Thousands mean that a label has too many values.',
    unit: units.Short,
    thresholds: thresholds.none,
    queries: [{ expr: 'sum(loki_ingester_memory_streams)', legend: 'streams' }],
  }).height(8);

const lastRefused = (): StatBuilder =>
  stat({
    title: 'Lines lost in the last hour',
    description: 'Lines that an agent gave up or Loki refused within the last hour.',
    alerts: ['LogLinesDropped'],
    unit: units.Short,
    thresholds: thresholds.zeroIsGood,
    queries: [
      {
        expr: 'round(sum(increase(loki_write_dropped_entries_total[1h])) + (sum(increase(loki_discarded_samples_total[1h])) or vector(0)))',
        legend: 'lost',
      },
    ],
  }).height(8);
