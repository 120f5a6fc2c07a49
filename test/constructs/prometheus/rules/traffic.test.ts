import { traffic } from '../../../../constructs/prometheus/rules/traffic';
import { parseSettings } from '../../../../constructs/settings';
import { describeRules, firing, ruleNamed, type RuleTest } from '../../../support/rule-tests';

const group = traffic(parseSettings({}));
const SCRAPE = 15;

/** A counter of an interface that grows so many times in a row by so many bytes per second. */
const bytes = (
  node: string,
  way: 'receive' | 'transmit',
  values: string,
  device = 'eth0',
): RuleTest['input_series'][number] => ({
  series: `node_network_${way}_bytes_total{node="${node}",instance="node-exporter-${node}",device="${device}"}`,
  values,
});

const grows = (perSecond: number): string => `1000000+${perSecond * SCRAPE}x60`;

const high = (node: string, does: string, rate: string) =>
  firing(
    ruleNamed(group, 'NodeTrafficHigh'),
    { node, does, service: node },
    {
      summary: `${node} ${does} much.`,
      description: `${node} ${does} ${rate}B/s, over 50 seconds; the bound is 3 MB/s.`,
    },
  );

describeRules(group, [
  {
    name: 'NodeTrafficHigh is quiet at 2.99 MB/s each way, and fires at 3.01 MB/s either way',
    interval: '15s',
    input_series: [
      bytes('calm', 'receive', grows(2_990_000)),
      bytes('calm', 'transmit', grows(2_990_000)),
      bytes('busy', 'receive', grows(3_010_000)),
      bytes('busy', 'transmit', grows(1000)),
      bytes('talker', 'receive', grows(1000)),
      bytes('talker', 'transmit', grows(3_010_000)),
    ],
    alert_rule_test: [
      {
        eval_time: '1m',
        alertname: 'NodeTrafficHigh',
        exp_alerts: [high('busy', 'receives', '3.01M'), high('talker', 'sends', '3.01M')],
      },
    ],
  },
  {
    name: 'NodeTrafficHigh counts the physical interfaces together, and no others',
    interval: '15s',
    input_series: [
      ...['eth0', 'eth1'].map((device) => bytes('two', 'receive', grows(2_000_000), device)),
      ...['lo', 'veth12ab', 'cni0', 'docker0', 'br-12ab', 'tunl0', 'bond0', 'eth0.12'].map(
        (device) => bytes('virtual', 'receive', grows(9_000_000), device),
      ),
    ],
    alert_rule_test: [
      {
        eval_time: '2m',
        alertname: 'NodeTrafficHigh',
        exp_alerts: [high('two', 'receives', '4M')],
      },
    ],
  },
  {
    name: 'NodeTrafficHigh needs 50 seconds of it: one scrape of much traffic is an average of less',
    interval: '15s',
    // 9 MB/s after 5 minutes of none, for 15 seconds and for 30.
    input_series: [
      bytes('once', 'receive', '0x20 135000000x20'),
      bytes('twice', 'receive', '0x20 135000000 270000000x20'),
    ],
    alert_rule_test: [
      { eval_time: '5m', alertname: 'NodeTrafficHigh', exp_alerts: [] },
      {
        eval_time: '5m30s',
        alertname: 'NodeTrafficHigh',
        exp_alerts: [high('twice', 'receives', '5.4M')],
      },
      { eval_time: '7m', alertname: 'NodeTrafficHigh', exp_alerts: [] },
    ],
  },
]);

test.each([
  ['15s', '50s', 50],
  ['15s', '2m', 120],
  ['30s', '50s', 90],
])('scraped every %s, a window of %s is one of %d seconds', (scrapeInterval, trafficWindow, is) => {
  const { rules } = traffic(
    parseSettings({ prometheus: { scrapeInterval }, thresholds: { nodes: { trafficWindow } } }),
  );

  expect(rules.map(({ expr }) => /\[(\d+)s\]/.exec(expr)?.[1])).toEqual([
    `${is}`,
    `${is}`,
    undefined,
  ]);
});
