import * as units from '@grafana/grafana-foundation-sdk/units';
import { thresholds, timeSeries, type TimeSeriesBuilder } from '../common';

/** Notifications that Alertmanager sends. */
export const notifications = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Notifications',
    description: 'Notifications that Alertmanager tried to send, by kind of receiver.',
    unit: units.CountsPerSecond,
    thresholds: thresholds.none,
    queries: [
      {
        expr: 'sum by (integration) (rate(alertmanager_notifications_total[$__rate_interval])) > 0',
        legend: '{{integration}}',
      },
    ],
  }).span(8);

/** Alerts and notifications that got lost on the way. */
export const notificationFailures = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Failed on the way',
    description:
      'Alerts that Prometheus could not hand to Alertmanager, and notifications that Alertmanager could not deliver. Zero is good.',
    unit: units.CountsPerSecond,
    thresholds: thresholds.noneAtAll,
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
        expr: 'sum(rate(alertmanager_notifications_failed_total[$__rate_interval]))',
        legend: 'Alertmanager, failed',
      },
    ],
  }).span(8);

/** Rules that could not be evaluated. */
export const ruleFailures = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Rule evaluations failed',
    description:
      'Evaluations of rules that ended in an error, by group: an alert whose rule fails cannot fire. Zero is good.',
    unit: units.CountsPerSecond,
    thresholds: thresholds.noneAtAll,
    queries: [
      {
        expr: 'sum by (rule_group) (rate(prometheus_rule_evaluation_failures_total[$__rate_interval]))',
        legend: '{{rule_group}}',
      },
    ],
  }).span(8);
