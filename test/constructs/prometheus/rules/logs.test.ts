import { logs } from '../../../../constructs/prometheus/rules/logs';
import { fires, quiet } from '../../../support/rule-scenarios';
import { describeRules } from '../../../support/rule-tests';

const group = logs();

const alloy = (metric: string, node: string, labels = ''): string =>
  `${metric}{job="alloy",namespace="agents",pod="alloy-${node}",node="${node}"${labels}}`;
const loki = (metric: string, labels = ''): string =>
  `${metric}{job="loki",instance="loki-0"${labels}}`;
const answered = (route: string, code: number): string =>
  loki('loki_request_duration_seconds_count', `,route="${route}",status_code="${code}"`);

const ofLoki = { job: 'loki', instance: 'loki-0' };

describeRules(group, [
  fires(group, 'LogLinesDropped', {
    title: 'fires with the first line that is given up',
    series: {
      [alloy('loki_write_dropped_entries_total', 'a', ',reason="rate_limited"')]: '0x5 7x30',
      [alloy('loki_write_dropped_entries_total', 'a', ',reason="ingester_error"')]: '3x40',
      [alloy('loki_write_dropped_entries_total', 'b', ',reason="rate_limited"')]: '0x40',
    },
    quietAt: '5m',
    firesAt: '6m',
    about: [{ labels: { job: 'alloy', node: 'a', reason: 'rate_limited' }, value: '7' }],
  }),
  fires(group, 'LogsNotSent', {
    title: 'fires after 5 minutes of attempts, and not for those of a start',
    series: {
      [alloy('loki_write_batch_retries_total', 'a')]: '0x2 2+2x30',
      [alloy('loki_write_batch_retries_total', 'b')]: '0+2x4 8x30',
    },
    quietAt: '7m',
    firesAt: '8m',
    about: [
      {
        labels: { job: 'alloy', namespace: 'agents', pod: 'alloy-a', node: 'a' },
        value: '4',
      },
    ],
  }),
  fires(group, 'LogsBehind', {
    title: 'fires above a minute for 5 minutes',
    // Ten requests a minute.
    series: {
      [loki('loki_distributor_lag_ms_total', ',userAgent="Alloy"')]: '0+610000x30',
      [answered('loki_api_v1_push', 204)]: '0+9x30',
      [answered('loki_api_v1_push', 400)]: '0+1x30',
    },
    quietAt: '5m',
    firesAt: '6m',
    about: [{ labels: { job: 'loki' }, value: '1m 1s' }],
  }),
  quiet(group, 'LogsBehind', {
    title: 'at a minute, and about what a new agent catches up',
    series: {
      [loki('loki_distributor_lag_ms_total', ',userAgent="Alloy"')]:
        '0+9000000x2 18600000+600000x30',
      [answered('loki_api_v1_push', 204)]: '0+10x40',
    },
    at: ['3m', '6m', '9m', '30m'],
  }),
  fires(group, 'LokiRequestErrors', {
    title: 'fires above 5 % for 5 minutes, but not before Loki is ready',
    series: {
      [answered('loki_api_v1_query', 200)]: '0+940x30',
      [answered('loki_api_v1_query', 500)]: '0+60x30',
      [answered('loki_api_v1_push', 204)]: '0+950x30',
      [answered('loki_api_v1_push', 500)]: '0+50x30',
      [answered('ready', 503)]: '0+60x30',
    },
    quietAt: '5m',
    firesAt: '6m',
    about: [{ labels: { job: 'loki', route: 'loki_api_v1_query' }, value: '6.0' }],
  }),
  fires(group, 'LokiRuleFailures', {
    title: 'fires 1 minute after the first failure',
    series: {
      [loki('loki_prometheus_rule_evaluation_failures_total', ',rule_group="a"')]: '0x5 1x20',
      [loki('loki_prometheus_rule_evaluation_failures_total', ',rule_group="b"')]: '2x30',
      [loki('loki_ruler_config_last_reload_successful', ',user="fake"')]: '1x30',
    },
    quietAt: '6m',
    firesAt: '7m',
    about: [{ labels: { ...ofLoki, rule_group: 'a' } }],
  }),
  fires(group, 'LokiRuleFailures', {
    title: 'fires 1 minute after rules were not loaded',
    series: { [loki('loki_ruler_config_last_reload_successful', ',user="fake"')]: '1x5 0x20' },
    quietAt: '6m',
    firesAt: '7m',
    about: [{ labels: { ...ofLoki, user: 'fake' } }],
  }),
  fires(group, 'LokiAlertsNotSent', {
    title: 'fires after 5 minutes of failures, and not for those of a start',
    series: {
      [loki('loki_prometheus_notifications_errors_total', ',alertmanager="a"')]: '0x2 1+1x30',
      [loki('loki_prometheus_notifications_errors_total', ',alertmanager="b"')]: '0+1x4 4x30',
    },
    quietAt: '7m',
    firesAt: '8m',
    about: [{ labels: { ...ofLoki, alertmanager: 'a' }, value: '2' }],
  }),
]);
