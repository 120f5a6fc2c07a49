import * as units from '@grafana/grafana-foundation-sdk/units';
import type { Topology } from '../../../topology';
import { orNone, orZero, thresholds, timeSeries, type TimeSeriesBuilder } from '../common';
import { firing } from '../alerts';
import { toLinesOf } from '../to-logs';

/** From the rule that fires to the notification that leaves Alertmanager. */
export const telling = (topology: Topology): TimeSeriesBuilder[] => {
  const toPrometheus = toLinesOf(topology.component('prometheus'));
  const toAlertmanager = toLinesOf(topology.component('alertmanager'));
  return [
    ...[alerts(), ruleTime(), sent()].map((panel) => panel.dataLinks([toPrometheus])),
    lost().dataLinks([toPrometheus, toAlertmanager]),
    ...[notifications(), notificationTime()].map((panel) => panel.dataLinks([toAlertmanager])),
  ];
};

const alerts = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Alerts',
    description:
      'Alerts of Prometheus by severity: those that fire, and those that wait until their condition has lasted long enough.',
    unit: units.Short,
    thresholds: thresholds.none,
    queries: [
      {
        expr: orNone(`count by (severity) (${firing()})`, 'severity'),
        legend: '{{severity}} firing',
      },
      { expr: orZero('count(ALERTS{alertstate="pending"})'), legend: 'pending' },
    ],
  });

const ruleTime = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Time to evaluate the rules',
    description:
      'How long the last evaluation of a group took, the five slowest. One that takes longer than its interval comes late.',
    unit: units.DurationSeconds,
    thresholds: thresholds.none,
    alerts: ['RuleEvaluationSlow', 'RuleEvaluationFailing'],
    queries: [
      {
        // The group is told with the path of its file in front.
        expr: 'label_replace(topk(5, max by (rule_group) (prometheus_rule_group_last_duration_seconds)), "group", "$1", "rule_group", ".+;(.+)")',
        legend: '{{group}}',
      },
    ],
  });

const sent = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Sent to Alertmanager',
    description:
      'Alerts that Prometheus hands over; it repeats those that fire, so that the heartbeat alone keeps this above zero.',
    unit: units.CountsPerSecond,
    thresholds: thresholds.none,
    queries: [
      {
        expr: 'sum(rate(prometheus_notifications_sent_total[$__rate_interval]))',
        legend: 'alerts',
      },
    ],
  });

const lost = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Failed on the way',
    description:
      'Alerts that Prometheus could not hand over or dropped, and requests of Alertmanager that the alert-router did not take. Zero is good.',
    unit: units.CountsPerSecond,
    thresholds: thresholds.noneAtAll,
    alerts: ['AlertsNotSent', 'AlertmanagerUnreachable', 'NotificationsFailing'],
    queries: [
      {
        expr: 'sum(rate(prometheus_notifications_errors_total[$__rate_interval]))',
        legend: 'Prometheus, refused',
      },
      {
        expr: 'sum(rate(prometheus_notifications_dropped_total[$__rate_interval]))',
        legend: 'Prometheus, dropped',
      },
      {
        expr: 'sum(rate(alertmanager_notification_requests_failed_total[$__rate_interval]))',
        legend: 'Alertmanager, failed',
      },
    ],
  });

const notifications = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Notifications',
    description:
      'Notifications of Alertmanager to the alert-router, and silences that keep some back.',
    unit: units.Short,
    thresholds: thresholds.none,
    queries: [
      {
        expr: 'sum(increase(alertmanager_notifications_total{integration="webhook"}[5m]))',
        legend: 'in 5 minutes',
      },
      { expr: 'max(alertmanager_silences{state="active"})', legend: 'silences' },
    ],
  });

const notificationTime = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Time of a notification',
    description:
      'How long the alert-router takes to store what Alertmanager hands over, on average.',
    unit: units.DurationSeconds,
    thresholds: thresholds.none,
    queries: [
      {
        expr: ['sum', 'count']
          .map(
            (part) =>
              `sum(rate(alertmanager_notification_latency_seconds_${part}{integration="webhook"}[5m]))`,
          )
          .join(' / ')
          .concat(' >= 0 or vector(0)'),
        legend: 'webhook',
      },
    ],
  });
