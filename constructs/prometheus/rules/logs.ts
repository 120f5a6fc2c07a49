import { alert, type Alert, type AlertProps, type RuleGroup } from './rule';
import { shareAbove } from './expressions';

/** The way of log lines, from the agents to Loki and its rules. What Loki reads in them is in `constructs/loki/rules`. */
export const logs = (): RuleGroup => ({
  name: 'logs',
  rules: [linesDropped, notSent, behind, requestErrors, ...rules],
});

const platform = (props: Omit<AlertProps, 'category'>): Alert =>
  alert({ ...props, category: 'platform' });

/** What Loki refuses, for its age, its rate or its form, Alloy gives up and counts. */
const linesDropped = platform({
  name: 'LogLinesDropped',
  expr: 'sum by (job, node, reason) (increase(loki_write_dropped_entries_total[15m])) > 0',
  for: '0s',
  severity: 'warning',
  service: 'alloy',
  summary: 'Log lines of node {{ $labels.node }} are lost.',
  description:
    '{{ $value | printf "%.0f" }} lines of 15 minutes were given up, because: {{ $labels.reason }}.',
});

const notSent = platform({
  name: 'LogsNotSent',
  expr: 'sum by (job, namespace, pod, node) (increase(loki_write_batch_retries_total[2m])) > 0',
  for: '5m',
  severity: 'warning',
  service: 'alloy',
  summary: 'Alloy on node {{ $labels.node }} cannot hand its lines to Loki.',
  description:
    '{{ $value | printf "%.0f" }} attempts failed within 2 minutes, and so it has gone on for 5; lines wait on their node.',
});

/** Of each request Loki counts the time since its newest line was written, in milliseconds. */
const behind = platform({
  name: 'LogsBehind',
  expr:
    'sum by (job) (rate(loki_distributor_lag_ms_total[2m])) / 1000' +
    ' / sum by (job) (rate(loki_request_duration_seconds_count{route="loki_api_v1_push"}[2m])) > 60',
  for: '5m',
  severity: 'warning',
  service: 'loki',
  summary: 'Log lines reach Loki late.',
  description:
    'On average of 2 minutes they are {{ $value | humanizeDuration }} old; alerts from logs come as late, or not at all.',
});

const requestErrors = platform({
  name: 'LokiRequestErrors',
  expr: shareAbove({
    part: 'loki_request_duration_seconds_count{status_code=~"5..",route!="ready"}',
    whole: 'loki_request_duration_seconds_count{route!="ready"}',
    window: '5m',
    by: 'job, route',
    above: 5,
    floor: 0.05,
  }),
  for: '5m',
  severity: 'warning',
  service: 'loki',
  summary: 'Loki answers {{ $labels.route }} with errors.',
  description: '{{ $value | printf "%.1f" }} % of its answers of 5 minutes were a 5xx.',
});

const rules: readonly Alert[] = [
  platform({
    name: 'LokiRuleFailures',
    expr:
      'increase(loki_prometheus_rule_evaluation_failures_total[5m]) > 0' +
      ' or loki_ruler_config_last_reload_successful == 0',
    for: '1m',
    severity: 'critical',
    service: 'loki',
    summary: 'Rules about log lines are not evaluated.',
    description:
      'Loki has not loaded them, or failed to evaluate one within 5 minutes; what they watch is not watched.',
  }),
  platform({
    name: 'LokiAlertsNotSent',
    expr: 'increase(loki_prometheus_notifications_errors_total[2m]) > 0',
    for: '5m',
    severity: 'critical',
    service: 'loki',
    summary: 'Loki cannot hand its alerts to Alertmanager.',
    description:
      '{{ $value | printf "%.0f" }} alerts failed within 2 minutes, and so it has gone on for 5.',
  }),
];
