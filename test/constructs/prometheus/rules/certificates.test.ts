import { alertsOf } from '../../../../constructs/prometheus/rules';
import { certificates } from '../../../../constructs/prometheus/rules/certificates';
import { parseSettings } from '../../../../constructs/settings';
import { fires, quiet } from '../../../support/rule-scenarios';
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

const target = (pod: string) => ({
  job: 'certificate-expiry',
  component: pod,
  namespace: 'monitoring',
  pod,
  instance: `${pod}:443`,
});
const probed = (metric: string, pod: string): string =>
  `${metric}{${Object.entries(target(pod))
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')}}`;
const upOf = (job: string, pod: string): string =>
  `up{job="${job}",namespace="monitoring",pod="${pod}",instance="${pod}"}`;
const controller = (metric: string, more: string): string =>
  `vigil_certificate_${metric}{job="certificate-controller",instance="a",${more}}`;

interface Handshake {
  /** Values of probe_success. */
  readonly success: string;
  readonly seconds?: number;
  readonly running?: number;
}

const handshake = (pod: string, { success, seconds = 0.01, running = 1 }: Handshake) => ({
  [probed('probe_success', pod)]: success,
  [probed('probe_duration_seconds', pod)]: `${seconds}x30`,
  [`kube_pod_container_status_running{namespace="monitoring",pod="${pod}",container="one"}`]:
    '1x30',
  [`kube_pod_container_status_running{namespace="monitoring",pod="${pod}",container="two"}`]: `${running}x30`,
});

/** The root ends 10 minutes after so many days are left. */
const rootEnds = (days: number) => ({
  [controller('authority_not_after_seconds', 'role="active"')]: `${days * DAY + 10 * MINUTE}x60`,
  [controller('authority_not_after_seconds', 'role="next"')]: '0x60',
});

const ownTests: readonly RuleTest[] = [
  fires(group, 'CertificateForeignIssuer', {
    title:
      'fires after 2 minutes in which a running pod failed the handshake, and not for other failures',
    series: {
      ...handshake('foreign', { success: '1x4 0x20' }),
      ...handshake('ours', { success: '1x30' }),
      ...handshake('lost', { success: '1x4 0x20', seconds: 4 }),
      ...handshake('stopped', { success: '1x4 0x20', running: 0 }),
      ...handshake('starting', { success: '_x4 0x1 1x20' }),
    },
    quietAt: '6m',
    firesAt: '7m',
    about: [{ labels: target('foreign') }],
  }),
  fires(group, 'CertificateProbeFailing', {
    title: 'fires after 10 minutes, for a probe without success and for one that is not made',
    series: {
      [upOf('blackbox-exporter', 'blackbox')]: '1x20',
      [upOf('grafana', 'unprobed')]: '1x20',
      [probed('probe_success', 'unprobed')]: '0x20',
      [upOf('grafana', 'down')]: '0x20',
      [probed('probe_success', 'down')]: '0x20',
      [probed('up', 'unknown')]: '0x20',
    },
    quietAt: '9m',
    firesAt: '10m',
    about: [{ labels: target('unprobed') }, { labels: target('unknown') }],
  }),
  quiet(group, 'CertificateProbeFailing', {
    title: 'when the exporter itself is down, which is TargetDown',
    series: {
      [upOf('blackbox-exporter', 'blackbox')]: '0x20',
      [probed('up', 'grafana')]: '0x20',
      [probed('up', 'prometheus')]: '0x20',
    },
    at: ['10m', '20m'],
  }),
  fires(group, 'CertificateNotPickedUp', {
    title: 'fires 15 minutes after a certificate was issued and another one is still served',
    series: {
      [probed('probe_ssl_earliest_cert_expiry', 'old')]: '1000x40',
      [controller('not_after_seconds', 'component="old"')]: '1000x4 2000x40',
      [probed('probe_ssl_earliest_cert_expiry', 'new')]: '1000x12 2000x40',
      [controller('not_after_seconds', 'component="new"')]: '1000x4 2000x40',
    },
    quietAt: '19m',
    firesAt: '20m',
    about: [{ labels: target('old'), value: '1970-01-01 00:16:40 +0000 UTC' }],
  }),
  fires(group, 'CertificateControllerError', {
    title: 'fires after 5 minutes, with the reason',
    series: {
      [controller('controller_error', 'reason="ApiRefused"')]: '1x10',
      [controller('controller_error', 'reason="ApiUnreachable"')]: '0x10',
    },
    quietAt: '4m',
    firesAt: '5m',
    about: [{ labels: { reason: 'ApiRefused' } }],
  }),
  fires(group, 'CertificateSecretMissing', {
    title: 'fires after 2 minutes',
    series: {
      [controller('secret_missing', 'component="grafana"')]: '1x10',
      [controller('secret_missing', 'component="prometheus"')]: '0x10',
    },
    quietAt: '1m',
    firesAt: '2m',
    about: [{ labels: { component: 'grafana' } }],
  }),
  fires(group, 'CertificateRenewalOverdue', {
    title: 'fires 5 minutes after 70 % of the lifetime',
    // 70 % of 100 minutes are over at 70 minutes exactly, and more than that from the next evaluation on.
    series: {
      [controller('not_before_seconds', 'component="grafana"')]: '0x100',
      [controller('lifetime_seconds', 'component="grafana"')]: '6000x100',
      [controller('not_before_seconds', 'component="prometheus"')]: '0x60 3600x40',
      [controller('lifetime_seconds', 'component="prometheus"')]: '6000x100',
    },
    quietAt: '75m',
    firesAt: '76m',
    about: [{ labels: { component: 'grafana' }, value: '76.0' }],
  }),
  fires(group, 'AuthorityExpiring', {
    title: 'fires 5 minutes after less than a sixth of a year is left',
    series: rootEnds(365 / 6),
    quietAt: '15m',
    firesAt: '16m',
    about: [{ labels: { role: 'active' }, value: '60d 19h 54m 0s' }],
  }),
  fires(group, 'AuthorityAboutToExpire', {
    title: 'fires 5 minutes after less than a fifteenth of a year is left',
    series: rootEnds(365 / 15),
    quietAt: '15m',
    firesAt: '16m',
    about: [{ labels: { role: 'active' }, value: '24d 7h 54m 0s' }],
  }),
];

describeRules(group, [
  ...ownTests,
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
  const bounds = new Map(
    alertsOf(certificates(parseSettings({ certificates: { leafLifetime } }))).map(
      ({ alert, expr }) => [alert, Number(/< (\d+)$/.exec(expr)?.[1])],
    ),
  );

  expect(bounds.get('CertificateExpiring')).toBe(warning);
  expect(bounds.get('CertificateAboutToExpire')).toBe(critical);
});

test('a Secret may take as long as the settings say until it is served', () => {
  const rules = alertsOf(certificates(parseSettings({ certificates: { propagation: '1h' } })));

  expect(rules.find(({ alert }) => alert === 'CertificateNotPickedUp')?.expr).toContain(
    'offset 120m',
  );
});
