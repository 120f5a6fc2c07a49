import { PHYSICAL } from '../../../../constructs/prometheus/rules/interfaces';
import { nodes } from '../../../../constructs/prometheus/rules/nodes';
import { parseSettings } from '../../../../constructs/settings';
import { atBoundary } from '../../../support/rule-boundaries';
import { describeRules, firing, ruleNamed, type RuleTest } from '../../../support/rule-tests';

const group = nodes(parseSettings({}));

/** A gauge of a node that stays as it is. */
const gauge = (metric: string, node: string, value: number, more = '') => ({
  series: `${metric}{node="${node}",instance="node-exporter-${node}"${more}}`,
  values: `${value}x60`,
});

/** A counter of a node that grows by so much in a second. */
const counter = (metric: string, node: string, perSecond: number, more = '') => ({
  series: `${metric}{node="${node}",instance="node-exporter-${node}"${more}}`,
  values: `100000+${perSecond * 60}x60`,
});

const labels = { node: 'busy', service: 'busy' };

/** The state of a node as the control plane, kubelet and node-exporter give it. */
const states = (
  node: string,
  values: { ready?: string; kubelet?: string; exporter?: string },
): RuleTest['input_series'] => [
  {
    series: `kube_node_status_condition{node="${node}",condition="Ready",status="true"}`,
    values: values.ready ?? '1x40',
  },
  { series: `up{job="kubelet",node="${node}"}`, values: values.kubelet ?? '1x40' },
  {
    series: `up{job="node-exporter",node="${node}",pod="node-exporter-${node}"}`,
    values: values.exporter ?? '1x40',
  },
];

const unreachable = (node: string) =>
  firing(
    ruleNamed(group, 'NodeUnreachable'),
    { node, service: node },
    {
      summary: `Node ${node} is unreachable.`,
      description: `${node} has not been ready, or nothing on it has answered, for 1 minute.`,
    },
  );

/** A container that was killed on node `calm` at 2 minutes, and that kubelet started again. */
const killedContainer: RuleTest['input_series'] = [
  {
    series:
      'kube_pod_container_status_last_terminated_reason{namespace="a",pod="b",container="c",reason="OOMKilled"}',
    values: '_ _ 1x40',
  },
  {
    series:
      'kube_pod_container_status_last_terminated_timestamp{namespace="a",pod="b",container="c"}',
    values: '_ _ 120x40',
  },
  { series: 'kube_pod_info{namespace="a",pod="b",node="calm"}', values: '1x40' },
];

describeRules(group, [
  {
    name: 'NodeUnreachable: not ready, or neither kubelet nor node-exporter for 1 minute; one of these alone is no dead node',
    interval: '15s',
    input_series: [
      ...states('well', {}),
      ...states('exporter-down', { exporter: '0x40' }),
      ...states('kubelet-down', { kubelet: '0x40' }),
      // Both from 30 seconds on.
      ...states('silent', { kubelet: '1 1 0x40', exporter: '1 1 0x40' }),
      ...states('not-ready', { ready: '1 1 0x40' }),
      ...states('back', { ready: '1 1 0x3 1x40' }),
    ],
    alert_rule_test: [
      { eval_time: '1m15s', alertname: 'NodeUnreachable', exp_alerts: [] },
      {
        eval_time: '1m30s',
        alertname: 'NodeUnreachable',
        exp_alerts: [unreachable('silent'), unreachable('not-ready')],
      },
    ],
  },
  {
    name: 'NodeUnreachable is one alert when the control plane misses the node as well',
    interval: '15s',
    input_series: states('gone', { ready: '0x40', kubelet: '0x40', exporter: '0x40' }),
    alert_rule_test: [
      { eval_time: '5m', alertname: 'NodeUnreachable', exp_alerts: [unreachable('gone')] },
    ],
  },
  atBoundary(group, {
    alert: 'NodeCpuBusy',
    // Two CPUs, one of which does nothing but wait for a disk.
    series: (busy, node) => [
      counter('node_cpu_seconds_total', node, (2 * busy) / 100, ',cpu="0",mode="user"'),
      counter('node_cpu_seconds_total', node, 0, ',cpu="1",mode="user"'),
      counter('node_cpu_seconds_total', node, 1, ',cpu="1",mode="iowait"'),
    ],
    calm: 64.9,
    busy: 65.1,
    after: 4,
    labels,
    texts: {
      summary: 'The CPU of busy is busy.',
      description: 'Only 34.9 % of the CPU of busy is idle, over 5 minutes; the bound is 35 %.',
    },
  }),
  atBoundary(group, {
    alert: 'NodeMemoryLow',
    series: (available, node) => [
      gauge('node_memory_MemAvailable_bytes', node, available),
      gauge('node_memory_MemTotal_bytes', node, 1000),
    ],
    calm: 350,
    busy: 349,
    labels,
    texts: {
      summary: 'The memory of busy is low.',
      description: 'Only 34.9 % of the memory of busy is available; the bound is 35 %.',
    },
  }),
  {
    name: 'NodeOomKill fires for a process that was killed, but not where a container is known to have been',
    interval: '1m',
    input_series: [
      { series: 'node_vmstat_oom_kill{node="well"}', values: '7x40' },
      { series: 'node_vmstat_oom_kill{node="calm"}', values: '7 7 8x40' },
      { series: 'node_vmstat_oom_kill{node="busy"}', values: '7 7 8x40' },
      ...killedContainer,
    ],
    alert_rule_test: [
      { eval_time: '2m', alertname: 'NodeOomKill', exp_alerts: [] },
      {
        eval_time: '3m',
        alertname: 'NodeOomKill',
        exp_alerts: [
          firing(ruleNamed(group, 'NodeOomKill'), labels, {
            summary: 'The kernel of busy killed a process for want of memory.',
            description: 'About 1 processes on busy were killed within 5 minutes.',
          }),
        ],
      },
      { eval_time: '8m', alertname: 'NodeOomKill', exp_alerts: [] },
    ],
  },
  atBoundary(group, {
    alert: 'NodeClockSkew',
    series: (behind, node) => [
      {
        series: `node_time_seconds{node="${node}",instance="node-exporter-${node}"}`,
        values: `${-behind}+60x60`,
      },
    ],
    calm: 5,
    busy: 6,
    labels,
    texts: {
      summary: 'The clock of busy is wrong.',
      description: 'busy differs by 6s from the clock of Prometheus; the bound is 5s.',
    },
  }),
  {
    name: 'NodeClockSkew fires for a clock that is ahead as well',
    interval: '1m',
    input_series: [{ series: 'node_time_seconds{node="busy"}', values: '3600+60x60' }],
    alert_rule_test: [
      {
        eval_time: '5m',
        alertname: 'NodeClockSkew',
        exp_alerts: [
          firing(ruleNamed(group, 'NodeClockSkew'), labels, {
            summary: 'The clock of busy is wrong.',
            description: 'busy differs by 1h 0m 0s from the clock of Prometheus; the bound is 5s.',
          }),
        ],
      },
    ],
  },
  atBoundary(group, {
    alert: 'NodeNetworkErrors',
    // Of 1000 packets in a second, half of them each way.
    series: (faulty, node) =>
      ['receive', 'transmit'].flatMap((way) => [
        counter(`node_network_${way}_errs_total`, node, faulty / 2, ',device="eth0"'),
        counter(`node_network_${way}_packets_total`, node, 500 - faulty / 2, ',device="eth0"'),
        counter(`node_network_${way}_errs_total`, node, 500, ',device="tunl0"'),
        counter(`node_network_${way}_packets_total`, node, 0, ',device="tunl0"'),
      ]),
    calm: 9.9,
    busy: 10.1,
    after: 1,
    labels: { ...labels, device: 'eth0' },
    texts: {
      summary: 'Packets of eth0 on busy are faulty.',
      description: '1.0 % of the packets of eth0 on busy are faulty; the bound is 1 %.',
    },
  }),
  atBoundary(group, {
    alert: 'NodeConntrackFull',
    series: (entries, node) => [
      gauge('node_nf_conntrack_entries', node, entries),
      gauge('node_nf_conntrack_entries_limit', node, 1000),
    ],
    calm: 800,
    busy: 801,
    labels,
    texts: {
      summary: 'The connection-tracking table of busy is almost full.',
      description: '80.1 % of the connection-tracking table of busy is used; the bound is 80 %.',
    },
  }),
  {
    name: 'NodeConntrackFull is quiet for a table without a limit',
    interval: '1m',
    input_series: [
      gauge('node_nf_conntrack_entries', 'a', 10),
      gauge('node_nf_conntrack_entries_limit', 'a', 0),
    ],
    alert_rule_test: [{ eval_time: '10m', alertname: 'NodeConntrackFull', exp_alerts: [] }],
  },
]);

test.each([
  ['lo', false],
  ['veth1a2b', false],
  ['cni0', false],
  ['docker0', false],
  ['br-1a2b3c', false],
  ['br0', false],
  ['tunl0', false],
  ['bond0', false],
  ['eth0.100', false],
  ['cali123', false],
  ['eth0', true],
  ['ens5', true],
  ['enp3s0f1', true],
  ['eno1', true],
  ['bnxt0', true],
  ['wlan0', true],
])('%s is a physical interface: %s', (device, physical) => {
  const [, virtual = ''] = /^device!~"(.+)"$/.exec(PHYSICAL) ?? [];

  expect(!new RegExp(`^(?:${virtual})$`).test(device)).toBe(physical);
});
