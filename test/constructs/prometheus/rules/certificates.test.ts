import { alertsOf } from '../../../../constructs/prometheus/rules';
import { certificates } from '../../../../constructs/prometheus/rules/certificates';
import { parseSettings } from '../../../../constructs/settings';
import { describeRules, firing, ruleNamed, type RuleTest } from '../../../support/rule-tests';

const group = certificates(parseSettings({}));
const labels = {
  job: 'certificate-expiry',
  component: 'grafana',
  instance: 'grafana-0:3000',
};
const DAY = 86_400;
const MINUTE = 60;

/** The certificate ends at this moment; the tests begin at 0. */
const endsAt = (seconds: number): RuleTest['input_series'] => [
  {
    series: `probe_ssl_earliest_cert_expiry{${Object.entries(labels)
      .map(([name, value]) => `${name}="${value}"`)
      .join(',')}}`,
    values: `${seconds}x60`,
  },
];

const about = (left: string) => ({
  description: `The certificate that grafana-0:3000 serves ends in ${left}; its lifetime is 30 days.`,
});

describeRules(group, [
  {
    name: 'a certificate that was just issued is no one’s concern',
    interval: '1m',
    input_series: endsAt(30 * DAY),
    alert_rule_test: [
      { eval_time: '30m', alertname: 'CertificateExpiring', exp_alerts: [] },
      { eval_time: '30m', alertname: 'CertificateAboutToExpire', exp_alerts: [] },
    ],
  },
  {
    name: 'CertificateExpiring fires 5 minutes after less than a sixth of the lifetime is left',
    interval: '1m',
    // A sixth of 30 days is left at 10 minutes exactly, and less than that from the next evaluation on.
    input_series: endsAt(5 * DAY + 10 * MINUTE),
    alert_rule_test: [
      { eval_time: '15m', alertname: 'CertificateExpiring', exp_alerts: [] },
      {
        eval_time: '16m',
        alertname: 'CertificateExpiring',
        exp_alerts: [
          firing(
            ruleNamed(group, 'CertificateExpiring'),
            { ...labels, service: 'grafana' },
            {
              summary: 'The certificate of grafana was not renewed in time.',
              ...about('4d 23h 54m 0s'),
            },
          ),
        ],
      },
      { eval_time: '30m', alertname: 'CertificateAboutToExpire', exp_alerts: [] },
    ],
  },
  {
    name: 'CertificateAboutToExpire fires 5 minutes after less than a fifteenth is left',
    interval: '1m',
    input_series: endsAt(2 * DAY + 10 * MINUTE),
    alert_rule_test: [
      { eval_time: '15m', alertname: 'CertificateAboutToExpire', exp_alerts: [] },
      {
        eval_time: '16m',
        alertname: 'CertificateAboutToExpire',
        exp_alerts: [
          firing(
            ruleNamed(group, 'CertificateAboutToExpire'),
            { ...labels, service: 'grafana' },
            {
              summary: 'The certificate of grafana is about to end.',
              ...about('1d 23h 54m 0s'),
            },
          ),
        ],
      },
    ],
  },
  {
    name: 'renewal ends both alerts at once',
    interval: '1m',
    input_series: [
      { ...endsAt(0)[0], values: `${DAY}x20 ${30 * DAY}x20` } as RuleTest['input_series'][number],
    ],
    alert_rule_test: [
      { eval_time: '21m', alertname: 'CertificateExpiring', exp_alerts: [] },
      { eval_time: '21m', alertname: 'CertificateAboutToExpire', exp_alerts: [] },
    ],
  },
]);

test.each([
  ['30d', 432_000, 172_800],
  ['12h', 7200, 2880],
])('with a lifetime of %s the bounds are %d s and %d s', (leafLifetime, warning, critical) => {
  const rules = alertsOf(certificates(parseSettings({ certificates: { leafLifetime } })));

  expect(rules.map(({ expr }) => Number(/< (\d+)$/.exec(expr)?.[1]))).toEqual([warning, critical]);
});
