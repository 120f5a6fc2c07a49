import { alertsOf } from '../../../../constructs/prometheus/rules';
import { watchers } from '../../../../constructs/prometheus/rules/watchers';
import { parseSettings } from '../../../../constructs/settings';
import { buildTopology } from '../../../../constructs/topology';
import { describeRules, firing, ruleNamed, type RuleTest } from '../../../support/rule-tests';

const topology = buildTopology(parseSettings({}));
const group = watchers(topology);
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
