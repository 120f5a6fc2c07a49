import { BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { stat, thresholds, timeSeries, type StatBuilder, type TimeSeriesBuilder } from '../common';
import { mean } from './selectors';

/** Who places pods, and who brings the cluster to what was asked of it. */
export const controllers = (): (StatBuilder | TimeSeriesBuilder)[] => [
  leaders(),
  pending(),
  attempts(),
  schedulingTime(),
  queues(),
  retries(),
];

const leaders = (): StatBuilder =>
  stat({
    title: 'At work',
    description: 'Whether an instance of each is the leader, and so does its work.',
    unit: units.BoolYesNo,
    thresholds: thresholds.atLeast(1),
    alerts: ['LeaderMissing'],
    queries: [
      {
        expr: 'max by (job) (leader_election_master_status{job=~"scheduler|controller-manager"})',
        legend: '{{job}}',
      },
    ],
  })
    .textMode(BigValueTextMode.ValueAndName)
    .height(8)
    .span(8);

const pending = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Pods that wait for the scheduler',
    description:
      'By queue: active ones are next, those in backoff were tried before, unschedulable ones fit no node, gated ones are held by someone.',
    unit: units.Short,
    thresholds: thresholds.none,
    alerts: ['SchedulerStuck', 'PodUnschedulable'],
    queries: [
      { expr: 'sum by (queue) (scheduler_pending_pods{job="scheduler"})', legend: '{{queue}}' },
    ],
  }).span(8);

const attempts = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Pods tried',
    description: 'Attempts to place a pod, by how they ended.',
    unit: units.CountsPerSecond,
    thresholds: thresholds.none,
    alerts: ['SchedulerStuck'],
    queries: [
      {
        expr: 'sum by (result) (rate(scheduler_schedule_attempts_total{job="scheduler"}[$__rate_interval]))',
        legend: '{{result}}',
      },
    ],
  }).span(8);

const schedulingTime = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Time to place a pod',
    description:
      'From the first attempt to the node, on average, by number of attempts; zero while nothing is placed.',
    unit: units.DurationSeconds,
    thresholds: thresholds.none,
    queries: [
      {
        expr: mean(
          'scheduler_pod_scheduling_sli_duration_seconds',
          '{job="scheduler"}',
          'attempts',
        ),
        legend: '{{attempts}} attempts',
      },
    ],
  }).span(8);

const queues = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Queues of the controllers',
    description:
      'Objects that wait for their controller, the ten longest queues. One that only grows has a controller that does not keep up.',
    unit: units.Short,
    thresholds: thresholds.budget(100),
    alerts: ['ControllerQueueFull'],
    queries: [
      {
        expr: 'topk(10, max by (name) (workqueue_depth{job="controller-manager"}))',
        legend: '{{name}}',
      },
    ],
  }).span(8);

const retries = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Retries of the controllers',
    description:
      'Objects that a controller has to look at again, the ten most. Much for long is a conflict that does not end.',
    unit: units.CountsPerSecond,
    thresholds: thresholds.none,
    queries: [
      {
        expr: 'topk(10, max by (name) (rate(workqueue_retries_total{job="controller-manager"}[$__rate_interval])))',
        legend: '{{name}}',
      },
    ],
  }).span(8);
