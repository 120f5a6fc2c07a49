import { BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { seconds } from '../../../settings';
import {
  orZero,
  stat,
  table,
  thresholds,
  timeSeries,
  type StatBuilder,
  type TableBuilder,
  type TimeSeriesBuilder,
} from '../common';
import { ofRow, toLinesOfNode } from '../to-logs';
import { onNode, type Limits } from './selectors';

/** Whether the nodes are there, what they are, and whether their clocks are right. */
export const state = (limits: Limits): (StatBuilder | TableBuilder | TimeSeriesBuilder)[] => [
  notReady(),
  pressure(),
  cores(),
  memory(),
  youngest(),
  oomKills(),
  systems(),
  clockSkew(limits),
];

const notReady = (): StatBuilder =>
  stat({
    title: 'Nodes not ready',
    description: 'Nodes that the control plane has not heard of, or whose kubelet is not ready.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsGood,
    alerts: ['NodeUnreachable'],
    queries: [
      {
        expr: orZero(
          `count(max by (node) (kube_node_status_condition${onNode('condition="Ready"', 'status="true"')}) == 0)`,
        ),
        legend: 'not ready',
      },
    ],
  });

const pressure = (): StatBuilder =>
  stat({
    title: 'Under pressure',
    description:
      'What kubelet itself finds scarce on a node: memory, disk or process ids. From then on it evicts pods.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsGood,
    queries: [
      {
        expr: orZero(
          `count(max by (node, condition) (kube_node_status_condition${onNode('condition!="Ready"', 'status="true"')}) == 1)`,
        ),
        legend: 'conditions',
      },
    ],
  });

const cores = (): StatBuilder =>
  stat({
    title: 'Cores',
    description:
      'Cores of the chosen nodes together. On kind the nodes share those of the machine, which then count once for each node.',
    unit: units.NoUnit,
    thresholds: thresholds.none,
    queries: [{ expr: `count(node_cpu_seconds_total${onNode('mode="idle"')})`, legend: 'cores' }],
  });

const memory = (): StatBuilder =>
  stat({
    title: 'Memory in all',
    description: 'Memory of the chosen nodes together; on kind, as for the cores.',
    unit: units.BytesIEC,
    thresholds: thresholds.none,
    queries: [{ expr: `sum(node_memory_MemTotal_bytes${onNode()})`, legend: 'memory' }],
  });

const youngest = (): StatBuilder =>
  stat({
    title: 'Last boot',
    description:
      'Time since the last of the chosen nodes was started. A short one that no one meant is a crash.',
    unit: units.DurationSeconds,
    thresholds: thresholds.none,
    queries: [{ expr: `time() - max(node_boot_time_seconds${onNode()})`, legend: 'since' }],
  });

const oomKills = (): StatBuilder =>
  stat({
    title: 'OOM kills in the last hour',
    description:
      'Processes that the kernel killed for want of memory, whether that of a node or of a container.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsCalm,
    alerts: ['NodeOomKill'],
    queries: [
      {
        expr: `round(max by (node) (increase(node_vmstat_oom_kill${onNode()}[1h])))`,
        legend: '{{node}}',
      },
    ],
  })
    .textMode(BigValueTextMode.ValueAndName)
    .dataLinks([toLinesOfNode()]);

const systems = (): TableBuilder =>
  table({
    title: 'What runs on them',
    description:
      'Operating system, kernel, container runtime and kubelet of each node. They should agree, but for the time of an upgrade.',
    unit: units.NoUnit,
    thresholds: thresholds.none,
    queries: [{ expr: `kube_node_info${onNode()}` }],
    columns: ['node', 'os_image', 'kernel_version', 'container_runtime_version', 'kubelet_version'],
  })
    .height(8)
    .dataLinks([toLinesOfNode(ofRow)]);

const clockSkew = ({ clockSkew: bound }: Limits): TimeSeriesBuilder =>
  timeSeries({
    title: 'Clock skew',
    description:
      'How far the clock of a node is from that of Prometheus, whichever of the two is wrong. Certificates and logs need true clocks.',
    unit: units.DurationSeconds,
    thresholds: thresholds.budget(seconds(bound)),
    alerts: ['NodeClockSkew'],
    queries: [
      {
        expr: `max by (node) (abs(timestamp(node_time_seconds${onNode()}) - node_time_seconds${onNode()}))`,
        legend: '{{node}}',
      },
    ],
  }).dataLinks([toLinesOfNode()]);
