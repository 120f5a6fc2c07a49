import { seconds, type Settings } from '../../settings';
import type { Topology } from '../../topology';
import { EXPIRY_JOB, WEB_PAGE_JOB } from '../scrape-jobs';
import { alert, type Alert, type RuleGroup } from './rule';

/**
 * Jobs whose silence is told by someone else: probes, by the blackbox exporter that makes them; web servers, by alerts
 * of their own.
 */
export const TOLD_ELSEWHERE = [EXPIRY_JOB, WEB_PAGE_JOB, 'apache', 'nginx'] as const;

/** The watchers watched: a heartbeat, targets, and whether Prometheus and Alertmanager can do their work. */
export const watchers = (settings: Settings, topology: Topology): RuleGroup => ({
  name: 'watchers',
  rules: [
    alert({
      name: 'Watchdog',
      expr: 'vector(1)',
      for: '0s',
      severity: 'none',
      service: 'prometheus',
      category: 'platform',
      summary: 'The way from Prometheus to Alertmanager is open.',
      description: 'Fires always. Its absence at the far end is the alert.',
    }),
    alert({
      name: 'TargetDown',
      expr: `up{job!~"${TOLD_ELSEWHERE.join('|')}"} == 0`,
      for: '2m',
      severity: 'critical',
      service: '{{ $labels.job }}',
      category: 'platform',
      summary: '{{ $labels.job }} on {{ $labels.instance }} does not answer.',
      description:
        'Prometheus has not reached {{ $labels.instance }} of {{ $labels.job }} for 2 minutes.',
    }),
    ...topology.scrapeJobs.map(({ name }) => targetMissing(name)),
    scrapesSlow(Math.min(10, seconds(settings.prometheus.scrapeInterval))),
    ...reading,
    ...evaluating,
    ...telling,
    ...storing,
  ],
});

/** `up` of a job without targets has no series at all, so each job of the topology needs a rule of its own. */
const targetMissing = (job: string): Alert =>
  alert({
    name: 'TargetMissing',
    expr: `absent(up{job="${job}"})`,
    for: '2m',
    severity: 'critical',
    service: job,
    category: 'platform',
    summary: `${job} has no targets.`,
    description: `Prometheus has discovered no pod or node for the scrape job ${job} for 2 minutes.`,
  });

/** @param timeout of a scrape, in seconds. */
const scrapesSlow = (timeout: number): Alert =>
  alert({
    name: 'ScrapesSlow',
    expr: `avg_over_time(scrape_duration_seconds{job!~"${EXPIRY_JOB}|${WEB_PAGE_JOB}"}[10m]) > ${0.7 * timeout}`,
    for: '5m',
    severity: 'warning',
    service: '{{ $labels.job }}',
    category: 'platform',
    summary: '{{ $labels.job }} on {{ $labels.instance }} answers late.',
    description: `A scrape took {{ $value | humanizeDuration }} on average of 10 minutes; after ${timeout} s it is given up.`,
  });

/** What has refused the configuration it was given, and goes on with the one before. */
const CONFIG_RELOADS = [
  'prometheus_config_last_reload_successful',
  'alertmanager_config_last_reload_successful',
  'blackbox_exporter_config_last_reload_successful',
  'alert_router_config_reload_success',
];

const REJECTED = ['duplicate_timestamp', 'out_of_bounds', 'out_of_order']
  .map((why) => `sum by (job) (rate(prometheus_target_scrapes_sample_${why}_total[10m]))`)
  .join(' + ');

const reading: readonly Alert[] = [
  alert({
    name: 'ConfigReloadFailed',
    expr: CONFIG_RELOADS.map((metric) => `${metric} == 0`).join(' or '),
    for: '2m',
    severity: 'warning',
    service: '{{ $labels.job }}',
    category: 'platform',
    summary: '{{ $labels.job }} has refused its new configuration.',
    description: 'For 2 minutes {{ $labels.instance }} has been running with the one before.',
  }),
  alert({
    name: 'SamplesRejected',
    expr: `100 * (${REJECTED}) / sum by (job) (rate(prometheus_tsdb_head_samples_appended_total[10m])) > 1`,
    for: '10m',
    severity: 'warning',
    service: 'prometheus',
    category: 'platform',
    summary: 'Prometheus rejects samples.',
    description:
      '{{ $value | printf "%.1f" }} % of the samples of 10 minutes were late, or told twice with different values.',
  }),
];

const evaluating: readonly Alert[] = [
  alert({
    name: 'RuleEvaluationFailing',
    expr: 'increase(prometheus_rule_evaluation_failures_total[5m]) > 0',
    for: '1m',
    severity: 'critical',
    service: 'prometheus',
    category: 'platform',
    summary: 'Rules of {{ $labels.rule_group }} are not evaluated.',
    description:
      '{{ $value | printf "%.0f" }} evaluations failed within 5 minutes; what these rules watch is not watched.',
  }),
  alert({
    name: 'RuleEvaluationSlow',
    expr: 'prometheus_rule_group_last_duration_seconds > prometheus_rule_group_interval_seconds',
    for: '5m',
    severity: 'warning',
    service: 'prometheus',
    category: 'platform',
    summary:
      'The rules of {{ $labels.rule_group }} take longer than the time between two evaluations.',
    description: 'One evaluation took {{ $value | humanizeDuration }}.',
  }),
];

/** Failures that go on; both retry within a minute. Those of a start, when not everyone is there yet, end sooner. */
const failing = { expr: (counter: string): string => `increase(${counter}[2m]) > 0`, for: '5m' };

const telling: readonly Alert[] = [
  alert({
    name: 'AlertmanagerUnreachable',
    // That there is none at all is TargetMissing.
    expr: 'prometheus_notifications_alertmanagers_discovered < 1 and on () count(up{job="alertmanager"})',
    for: '2m',
    severity: 'critical',
    service: 'alertmanager',
    category: 'platform',
    summary: 'Prometheus knows no Alertmanager.',
    description:
      'For 2 minutes {{ $value }} Alertmanagers have been discovered; no alert leaves Prometheus.',
  }),
  alert({
    name: 'AlertsNotSent',
    expr: failing.expr('prometheus_notifications_errors_total'),
    for: failing.for,
    severity: 'critical',
    service: 'prometheus',
    category: 'platform',
    summary: 'Prometheus cannot hand its alerts to Alertmanager.',
    description:
      '{{ $value | printf "%.0f" }} alerts to {{ $labels.alertmanager }} failed within 2 minutes, and so it has gone on for 5.',
  }),
  alert({
    name: 'NotificationsFailing',
    expr: failing.expr('alertmanager_notification_requests_failed_total'),
    for: failing.for,
    severity: 'critical',
    service: 'alertmanager',
    category: 'platform',
    summary: 'Alertmanager cannot hand its alerts to the alert-router.',
    description:
      '{{ $value | printf "%.0f" }} requests failed within 2 minutes, and so it has gone on for 5; they are tried again.',
  }),
];

const OCCUPIED = ['storage_blocks', 'wal_storage_size', 'head_chunks_storage_size']
  .map((part) => `prometheus_tsdb_${part}_bytes`)
  .join(' + ');

/** Counters of what happens when the disk is full, or broken. */
const STORAGE_FAILURES = [
  'compactions_failed',
  'checkpoint_creations_failed',
  'wal_truncations_failed',
  'wal_writes_failed',
  'reloads_failures',
]
  .map((what) => `increase(prometheus_tsdb_${what}_total[15m])`)
  .join(' + ');

const storing: readonly Alert[] = [
  alert({
    name: 'PrometheusStorageFull',
    // Its limit is set in the settings, below the size of the volume; it deletes by itself what is above.
    expr: `100 * (${OCCUPIED}) / (prometheus_tsdb_retention_limit_bytes > 0) > 110`,
    for: '15m',
    severity: 'critical',
    service: 'prometheus',
    category: 'platform',
    summary: 'Prometheus is about to run out of space.',
    description:
      'Its data have {{ $value | printf "%.0f" }} % of their permitted size, and are not cut back to it.',
  }),
  alert({
    name: 'PrometheusStorageFailing',
    expr: `${STORAGE_FAILURES} > 0`,
    for: '1m',
    severity: 'critical',
    service: 'prometheus',
    category: 'platform',
    summary: 'Prometheus cannot write its data.',
    description:
      '{{ $value | printf "%.0f" }} writes or compactions failed within 15 minutes; samples will be lost.',
  }),
];
