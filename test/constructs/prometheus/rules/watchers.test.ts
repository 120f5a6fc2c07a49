import { alertsOf, ruleGroups } from '../../../../constructs/prometheus/rules';
import { TOLD_ELSEWHERE, watchers } from '../../../../constructs/prometheus/rules/watchers';
import { parseSettings } from '../../../../constructs/settings';
import { buildTopology } from '../../../../constructs/topology';
import { fires, quiet } from '../../../support/rule-scenarios';
import { describeRules, firing, ruleNamed, type RuleTest } from '../../../support/rule-tests';

const settings = parseSettings({});
const topology = buildTopology(settings);
const group = watchers(settings, topology);
const jobs = topology.scrapeJobs.map(({ name }) => name);

/** All targets up, save for what the test changes. */
const targets = (values: (job: string) => string): RuleTest['input_series'] =>
  jobs.map((job) => ({ series: `up{job="${job}",instance="${job}-0"}`, values: values(job) }));

const missing = (job: string) => ({
  exp_labels: { severity: 'critical', category: 'platform', service: job, job },
  exp_annotations: {
    summary: `${job} has no targets.`,
    description: `Prometheus has discovered no pod or node for the scrape job ${job} for 2 minutes.`,
    runbook_url: 'docs/runbooks/TargetMissing.md',
  },
});

const prometheus = (metric: string, labels = ''): string =>
  `${metric}{job="prometheus",instance="prometheus-0"${labels}}`;
const ofPrometheus = { job: 'prometheus', instance: 'prometheus-0' };

/** Sizes of 1,000 bytes permitted. */
const occupied = (instance: string, bytes: number) => {
  const labels = `{job="prometheus",instance="${instance}"}`;
  return {
    [`prometheus_tsdb_storage_blocks_bytes${labels}`]: `${bytes - 300}x30`,
    [`prometheus_tsdb_wal_storage_size_bytes${labels}`]: '200x30',
    [`prometheus_tsdb_head_chunks_storage_size_bytes${labels}`]: '100x30',
    [`prometheus_tsdb_retention_limit_bytes${labels}`]: '1000x30',
  };
};

/** Samples of a minute rejected, of 60,000. */
const rejected = (duplicates: number, late: number) => {
  const name = 'prometheus_target_scrapes_sample';
  return {
    [prometheus(`${name}_duplicate_timestamp_total`)]: `0+${duplicates}x30`,
    [prometheus(`${name}_out_of_order_total`)]: `0+${late}x30`,
    [prometheus(`${name}_out_of_bounds_total`)]: '0x30',
    [prometheus('prometheus_tsdb_head_samples_appended_total', ',type="float"')]: '0+60000x30',
    [prometheus('prometheus_tsdb_head_samples_appended_total', ',type="histogram"')]: '0x30',
  };
};

const STORAGE_COUNTERS = [
  'compactions_failed',
  'checkpoint_creations_failed',
  'wal_truncations_failed',
  'wal_writes_failed',
  'reloads_failures',
];

const storageFailures = (failing: string) =>
  Object.fromEntries(
    STORAGE_COUNTERS.map((counter) => [
      prometheus(`prometheus_tsdb_${counter}_total`),
      counter === failing ? '0x5 1x30' : '0x40',
    ]),
  );

const RELOADS: Readonly<Record<string, string>> = {
  prometheus: 'prometheus_config_last_reload_successful',
  alertmanager: 'alertmanager_config_last_reload_successful',
  'blackbox-exporter': 'blackbox_exporter_config_last_reload_successful',
  'alert-router': 'alert_router_config_reload_success',
};

const ownTests: readonly RuleTest[] = [
  quiet(group, 'TargetDown', {
    title: 'about what is told elsewhere',
    series: Object.fromEntries(
      TOLD_ELSEWHERE.map((job) => [`up{job="${job}",instance="a"}`, '0x20']),
    ),
    at: ['10m'],
  }),
  fires(group, 'ScrapesSlow', {
    title: 'fires above 7 of 10 seconds on average for 5 minutes',
    series: {
      'scrape_duration_seconds{job="kubelet",instance="slow"}': '7.1x20',
      'scrape_duration_seconds{job="kubelet",instance="well"}': '6.9x20',
      'scrape_duration_seconds{job="certificate-expiry",instance="probe"}': '9x20',
    },
    quietAt: '4m',
    firesAt: '5m',
    about: [{ labels: { job: 'kubelet', instance: 'slow' }, value: '7.1s' }],
  }),
  fires(group, 'ConfigReloadFailed', {
    title: 'fires after 2 minutes, whoever it is',
    series: Object.fromEntries(
      Object.entries(RELOADS).flatMap(([job, metric]) => [
        [`${metric}{job="${job}",instance="${job}-0"}`, '0x10'],
        [`${metric}{job="${job}",instance="${job}-1"}`, '1x10'],
      ]),
    ),
    quietAt: '1m',
    firesAt: '2m',
    about: Object.keys(RELOADS).map((job) => ({ labels: { job, instance: `${job}-0` } })),
  }),
  fires(group, 'SamplesRejected', {
    title: 'fires above 1 % of all samples for 10 minutes',
    series: rejected(300, 310),
    quietAt: '10m',
    firesAt: '11m',
    about: [{ labels: { job: 'prometheus' }, value: '1.0' }],
  }),
  quiet(group, 'SamplesRejected', {
    title: 'just below',
    series: rejected(300, 299),
    at: ['11m', '30m'],
  }),
  fires(group, 'RuleEvaluationFailing', {
    title: 'fires 1 minute after the first failure',
    series: {
      [prometheus('prometheus_rule_evaluation_failures_total', ',rule_group="a"')]: '0x5 1x20',
      [prometheus('prometheus_rule_evaluation_failures_total', ',rule_group="b"')]: '3x30',
    },
    quietAt: '6m',
    firesAt: '7m',
    about: [{ labels: { ...ofPrometheus, rule_group: 'a' }, value: '1' }],
  }),
  fires(group, 'RuleEvaluationSlow', {
    title: 'fires after 5 minutes above the interval of the group',
    series: {
      [prometheus('prometheus_rule_group_last_duration_seconds', ',rule_group="a"')]: '15.1x20',
      [prometheus('prometheus_rule_group_interval_seconds', ',rule_group="a"')]: '15x20',
      [prometheus('prometheus_rule_group_last_duration_seconds', ',rule_group="b"')]: '15x20',
      [prometheus('prometheus_rule_group_interval_seconds', ',rule_group="b"')]: '15x20',
    },
    quietAt: '4m',
    firesAt: '5m',
    about: [{ labels: { ...ofPrometheus, rule_group: 'a' }, value: '15.1s' }],
  }),
  fires(group, 'AlertmanagerUnreachable', {
    title: 'fires after 2 minutes without one',
    series: {
      [prometheus('prometheus_notifications_alertmanagers_discovered')]: '1x4 0x20',
      'up{job="alertmanager",instance="alertmanager-0"}': '0x30',
    },
    quietAt: '6m',
    firesAt: '7m',
    about: [{ labels: ofPrometheus, value: '0' }],
  }),
  quiet(group, 'AlertmanagerUnreachable', {
    title: 'where there is none, which is TargetMissing',
    series: { [prometheus('prometheus_notifications_alertmanagers_discovered')]: '0x20' },
    at: ['10m'],
  }),
  fires(group, 'AlertsNotSent', {
    title: 'fires after 5 minutes of failures, and not for those of a start',
    series: {
      [prometheus('prometheus_notifications_errors_total', ',alertmanager="a"')]: '0x2 1+1x30',
      [prometheus('prometheus_notifications_errors_total', ',alertmanager="b"')]: '0+1x4 4x30',
    },
    quietAt: '7m',
    firesAt: '8m',
    about: [{ labels: { ...ofPrometheus, alertmanager: 'a' }, value: '2' }],
  }),
  fires(group, 'NotificationsFailing', {
    title: 'fires after 5 minutes of failures, and not for those of a start',
    series: {
      'alertmanager_notification_requests_failed_total{job="alertmanager",integration="webhook"}':
        '0x2 1+1x30',
      'alertmanager_notification_requests_failed_total{job="alertmanager",integration="email"}':
        '0+1x4 4x30',
    },
    quietAt: '7m',
    firesAt: '8m',
    about: [{ labels: { job: 'alertmanager', integration: 'webhook' }, value: '2' }],
  }),
  fires(group, 'PrometheusStorageFull', {
    title: 'fires above 110 % of the permitted size for 15 minutes',
    series: { ...occupied('full', 1101), ...occupied('well', 1100) },
    quietAt: '14m',
    firesAt: '15m',
    about: [{ labels: { job: 'prometheus', instance: 'full' }, value: '110' }],
  }),
  ...STORAGE_COUNTERS.map((counter) =>
    fires(group, 'PrometheusStorageFailing', {
      title: `fires 1 minute after ${counter} counts one`,
      series: storageFailures(counter),
      quietAt: '6m',
      firesAt: '7m',
      about: [{ labels: ofPrometheus, value: '1' }],
    }),
  ),
];

describeRules(
  group,
  [
    {
      name: 'Watchdog fires from the first moment',
      interval: '15s',
      input_series: [],
      alert_rule_test: [
        {
          eval_time: '0s',
          alertname: 'Watchdog',
          exp_alerts: [firing(ruleNamed(group, 'Watchdog'), { service: 'prometheus' })],
        },
      ],
    },
    {
      name: 'TargetDown is quiet while everything answers',
      interval: '15s',
      input_series: targets(() => '1x40'),
      alert_rule_test: [{ eval_time: '10m', alertname: 'TargetDown', exp_alerts: [] }],
    },
    {
      name: 'TargetDown fires when a target has not answered for 2 minutes, and not before',
      interval: '15s',
      // Down from 1 minute on.
      input_series: targets((job) => (job === 'grafana' ? '1x3 0x40' : '1x60')),
      alert_rule_test: [
        { eval_time: '2m45s', alertname: 'TargetDown', exp_alerts: [] },
        {
          eval_time: '3m',
          alertname: 'TargetDown',
          exp_alerts: [
            firing(
              ruleNamed(group, 'TargetDown'),
              { service: 'grafana', job: 'grafana', instance: 'grafana-0' },
              {
                summary: 'grafana on grafana-0 does not answer.',
                description: 'Prometheus has not reached grafana-0 of grafana for 2 minutes.',
              },
            ),
          ],
        },
      ],
    },
    {
      name: 'TargetDown ends with the first answer',
      interval: '15s',
      input_series: targets((job) => (job === 'grafana' ? '0x20 1x10' : '1x40')),
      alert_rule_test: [{ eval_time: '5m15s', alertname: 'TargetDown', exp_alerts: [] }],
    },
    {
      name: 'TargetMissing is quiet for a target that is down, which is another alert',
      interval: '15s',
      input_series: targets(() => '0x60'),
      alert_rule_test: [{ eval_time: '10m', alertname: 'TargetMissing', exp_alerts: [] }],
    },
    ...ownTests,
    ...jobs.map((job): RuleTest => ({
      name: `TargetMissing fires for ${job} 2 minutes after its last target went, and not before`,
      interval: '15s',
      // Gone from 1 minute on.
      input_series: targets((other) => (other === job ? '1x3 stale' : '1x60')),
      alert_rule_test: [
        { eval_time: '2m45s', alertname: 'TargetMissing', exp_alerts: [] },
        { eval_time: '3m', alertname: 'TargetMissing', exp_alerts: [missing(job)] },
      ],
    })),
  ],
  { alwaysFiring: ['Watchdog'] },
);

test('every scrape job has its own alert for being without targets', () => {
  const expressions = alertsOf(group)
    .filter(({ alert }) => alert === 'TargetMissing')
    .map(({ expr }) => expr);

  expect(expressions).toEqual(jobs.map((job) => `absent(up{job="${job}"})`));
});

test('a scrape is slow in proportion to its timeout', () => {
  const { expr } = ruleNamed(
    watchers(parseSettings({ prometheus: { scrapeInterval: '5s' } }), topology),
    'ScrapesSlow',
  );

  expect(expr).toMatch(/ > 3.5$/);
});

test('the silence of each job is told by one alert', () => {
  const expressions = ruleGroups(settings, topology)
    .flatMap(alertsOf)
    .map(({ expr }) => expr);

  const exempt = jobs.filter((job) => TOLD_ELSEWHERE.some((other) => other === job));

  expect(exempt).toEqual(['apache', 'nginx']);
  for (const job of exempt) {
    expect(expressions.filter((expr) => expr.includes(`up{job="${job}"} == 0`))).toHaveLength(1);
  }
  // The probes are made by an exporter that is a target of its own.
  expect(jobs).toContain('blackbox-exporter');
});
