import { alertsOf } from '../../../../constructs/prometheus/rules';
import { web } from '../../../../constructs/prometheus/rules/web';
import { parseSettings } from '../../../../constructs/settings';
import { fires, quiet } from '../../../support/rule-scenarios';
import { describeRules, type RuleTest } from '../../../support/rule-tests';

const group = web(parseSettings({}));

const labelsOf = (job: string, pod: string) => ({
  job,
  namespace: 'web',
  pod,
  node: 'worker',
  instance: pod,
});
const series = (metric: string, job: string, pod: string, more = ''): string =>
  `${metric}{job="${job}",namespace="web",pod="${pod}",node="worker",instance="${pod}"${more}}`;

const downTest = (alert: string, job: string): RuleTest =>
  fires(group, alert, {
    title:
      'fires after 1 minute, for a server that is gone and for one that took its exporter along',
    series: {
      [series('up', job, 'stopped')]: '1x20',
      [series(`${job}_up`, job, 'stopped')]: '1x4 0x10',
      [series('up', job, 'gone')]: '1x4 0x10',
      [series(`${job}_up`, job, 'gone')]: '1x4 stale',
      [series('up', job, 'well')]: '1x20',
      [series(`${job}_up`, job, 'well')]: '1x20',
    },
    quietAt: '5m',
    firesAt: '6m',
    about: [{ labels: labelsOf(job, 'stopped') }, { labels: labelsOf(job, 'gone') }],
  });

/** 100 slots, of which so many are busy. */
const workers = (pod: string, busy: number) => ({
  [series('apache_workers', 'apache', pod, ',state="busy"')]: `${busy}x20`,
  [series('apache_workers', 'apache', pod, ',state="idle"')]: '5x20',
  [series('apache_scoreboard', 'apache', pod, ',state="reply"')]: `${busy}x20`,
  [series('apache_scoreboard', 'apache', pod, ',state="idle"')]: '5x20',
  [series('apache_scoreboard', 'apache', pod, ',state="open_slot"')]: `${95 - busy}x20`,
});

const page = (component: string): string =>
  `probe_success{job="web-page",component="${component}",instance="https://${component}/"}`;

const answers = (job: string, code: number): string =>
  `http_requests_total{job="${job}",namespace="web",instance="a",code="${code}"}`;

const nothing: RuleTest = {
  name: 'nothing fires where there are no web servers',
  interval: '1m',
  input_series: [],
  alert_rule_test: alertsOf(group).map(({ alert }) => ({
    eval_time: '30m',
    alertname: alert,
    exp_alerts: [],
  })),
};

describeRules(group, [
  nothing,
  downTest('ApacheDown', 'apache'),
  downTest('NginxDown', 'nginx'),
  fires(group, 'ApacheBusyWorkers', {
    title: 'fires above 80 % of all slots for 5 minutes',
    series: { ...workers('full', 81), ...workers('well', 80) },
    quietAt: '4m',
    firesAt: '5m',
    about: [{ labels: labelsOf('apache', 'full'), value: '81' }],
  }),
  fires(group, 'NginxConnectionsDropped', {
    title: 'fires with the first connection that is not handled',
    series: {
      [series('nginx_connections_accepted', 'nginx', 'full')]: '0+10x30',
      [series('nginx_connections_handled', 'nginx', 'full')]: '0+10x5 59+10x30',
      [series('nginx_connections_accepted', 'nginx', 'well')]: '7+10x30',
      [series('nginx_connections_handled', 'nginx', 'well')]: '4+10x30',
    },
    quietAt: '5m',
    firesAt: '6m',
    about: [{ labels: labelsOf('nginx', 'full'), value: '1' }],
  }),
  quiet(group, 'NginxConnectionsDropped', {
    title: '5 minutes after, and when nginx starts anew',
    series: {
      [series('nginx_connections_accepted', 'nginx', 'a')]: '0+10x5 60+10x10 0+10x30',
      [series('nginx_connections_handled', 'nginx', 'a')]: '0+10x5 59+10x10 0+10x30',
    },
    at: ['11m', '15m', '17m', '25m'],
  }),
  fires(group, 'WebPageNotAnswering', {
    title: 'fires after 1 minute',
    series: { [page('shop')]: '1x4 0x20', [page('blog')]: '1x20' },
    quietAt: '5m',
    firesAt: '6m',
    about: [{ labels: { job: 'web-page', component: 'shop', instance: 'https://shop/' } }],
  }),
  fires(group, 'WebErrors', {
    title: 'fires above 5 % for 5 minutes, where there is more than an error in 10 s',
    series: {
      [answers('shop', 200)]: '0+568x30',
      [answers('shop', 503)]: '0+32x30',
      [answers('blog', 200)]: '0+571x30',
      [answers('blog', 503)]: '0+29x30',
      [answers('quiet', 500)]: '0+5x30',
    },
    quietAt: '5m',
    firesAt: '6m',
    about: [{ labels: { job: 'shop', namespace: 'web' }, value: '5.3' }],
  }),
]);

test('bounds are settings', () => {
  const rules = alertsOf(
    web(parseSettings({ thresholds: { web: { busyWorkers: 60, errors: 2 } } })),
  );
  const exprOf = (name: string) => rules.find(({ alert }) => alert === name)?.expr;

  expect(exprOf('ApacheBusyWorkers')).toMatch(/ > 60$/);
  expect(exprOf('WebErrors')).toContain(' > 2 and ');
});
