import { StackingConfigBuilder, StackingMode } from '@grafana/grafana-foundation-sdk/common';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { thresholds, timeSeries, type TimeSeriesBuilder } from '../common';
import { toLinesOfNode } from '../to-logs';
import { onNode, type Limits } from './selectors';

/** What computes on the nodes, and what it holds in memory. */
export const cpuAndMemory = (limits: Limits): TimeSeriesBuilder[] => [
  cpu(limits),
  cpuByMode(),
  memory(limits),
  load(),
];

const cpu = ({ cpuIdle }: Limits): TimeSeriesBuilder =>
  timeSeries({
    title: 'CPU',
    description:
      'The share of CPU time in which something ran. Waiting for a disk does not count, for the CPU is free for others meanwhile.',
    unit: units.Percent,
    thresholds: thresholds.budget(100 - cpuIdle),
    alerts: ['NodeCpuBusy'],
    queries: [
      {
        expr: `100 * avg by (node) (sum without (mode) (rate(node_cpu_seconds_total${onNode('mode!~"idle|iowait"')}[$__rate_interval])))`,
        legend: '{{node}}',
      },
    ],
  })
    .max(100)
    .dataLinks([toLinesOfNode()]);

const cpuByMode = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'CPU by mode',
    description:
      'What the CPU of the chosen nodes is used for. Much iowait means slow disks, much steal a host that gives less than it promised.',
    unit: units.Percent,
    thresholds: thresholds.none,
    queries: [
      {
        expr: `100 * avg by (mode) (rate(node_cpu_seconds_total${onNode('mode!="idle"')}[$__rate_interval]))`,
        legend: '{{mode}}',
      },
    ],
  })
    .max(100)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal));

const memory = ({ memoryAvailable }: Limits): TimeSeriesBuilder =>
  timeSeries({
    title: 'Memory',
    description:
      'The share of memory that is not available to a new process. Caches count as available, for the kernel gives them back.',
    unit: units.Percent,
    thresholds: thresholds.budget(100 - memoryAvailable),
    alerts: ['NodeMemoryLow'],
    queries: [
      {
        expr: `100 - 100 * max by (node) (node_memory_MemAvailable_bytes${onNode()} / node_memory_MemTotal_bytes${onNode()})`,
        legend: '{{node}}',
      },
    ],
  })
    .max(100)
    .dataLinks([toLinesOfNode()]);

const load = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Load per core',
    description:
      'Processes that run or wait for a core or a disk, over 5 minutes, for each core. Above one for long, some of them wait.',
    unit: units.Short,
    thresholds: thresholds.rising(1, 4),
    queries: [
      {
        expr: `max by (node) (node_load5${onNode()}) / count by (node) (node_cpu_seconds_total${onNode('mode="idle"')})`,
        legend: '{{node}}',
      },
    ],
  }).dataLinks([toLinesOfNode()]);
