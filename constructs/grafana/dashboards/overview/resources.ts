import { StackingConfigBuilder, StackingMode } from '@grafana/grafana-foundation-sdk/common';
import * as units from '@grafana/grafana-foundation-sdk/units';
import type { Topology } from '../../../topology';
import { stat, thresholds, timeSeries, type StatBuilder, type TimeSeriesBuilder } from '../common';
import { toLinesOfComponent, toLinesOfNode } from '../to-logs';
import { byComponent, inNamespace } from './selectors';

/** Series that a cluster of three nodes may have at most (docs/measurements.md). */
const SERIES_BUDGET = 20_000;

const KIND =
  'On kind the nodes are containers, and each of them reports the load of the whole machine.';

const stacked = (): StackingConfigBuilder => new StackingConfigBuilder().mode(StackingMode.Normal);

/** CPU in use on each node. */
export const nodeCpu = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'CPU by node',
    description: `The share of each node's CPU time that was not idle. ${KIND}`,
    unit: units.PercentUnit,
    thresholds: thresholds.load,
    queries: [
      {
        expr: '1 - avg by (node) (rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))',
        legend: '{{node}}',
      },
    ],
  })
    .max(1)
    .dataLinks([toLinesOfNode()]);

/** Memory in use on each node. */
export const nodeMemory = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Memory by node',
    description: `The share of each node's memory that is not available to a new process. ${KIND}`,
    unit: units.PercentUnit,
    thresholds: thresholds.load,
    queries: [
      {
        expr: '1 - sum by (node) (node_memory_MemAvailable_bytes) / sum by (node) (node_memory_MemTotal_bytes)',
        legend: '{{node}}',
      },
    ],
  })
    .max(1)
    .dataLinks([toLinesOfNode()]);

/** CPU that the stack itself uses. */
export const componentCpu = (topology: Topology): TimeSeriesBuilder =>
  timeSeries({
    title: 'CPU by component',
    description: 'Cores that each component uses, all its containers together.',
    unit: units.Short,
    thresholds: thresholds.none,
    queries: [
      {
        expr: byComponent(
          `rate(container_cpu_usage_seconds_total${inNamespace('container!=""')}[$__rate_interval])`,
          topology,
        ),
        legend: '{{component}}',
      },
    ],
  })
    .axisLabel('cores')
    .stacking(stacked())
    .dataLinks([toLinesOfComponent()]);

/** Memory that the stack itself uses. */
export const componentMemory = (topology: Topology): TimeSeriesBuilder =>
  timeSeries({
    title: 'Memory by component',
    description:
      'Working set of each component, all its containers together: what its limit counts, and what the kernel cannot take back.',
    unit: units.BytesIEC,
    thresholds: thresholds.none,
    queries: [
      {
        expr: byComponent(
          `container_memory_working_set_bytes${inNamespace('container!=""')}`,
          topology,
        ),
        legend: '{{component}}',
      },
    ],
  })
    .stacking(stacked())
    .dataLinks([toLinesOfComponent()]);

/** Series that Prometheus holds in memory. */
export const activeSeries = (): StatBuilder =>
  stat({
    title: 'Active series',
    description: `Series that Prometheus holds in memory. The budget for three nodes is ${SERIES_BUDGET}.`,
    unit: units.Short,
    thresholds: thresholds.budget(SERIES_BUDGET),
    queries: [{ expr: 'sum(prometheus_tsdb_head_series)', legend: 'series' }],
  }).span(12);

/** Samples that Prometheus takes in. */
export const samples = (): StatBuilder =>
  stat({
    title: 'Samples',
    description: 'Samples that Prometheus stores each second.',
    unit: units.CountsPerSecond,
    thresholds: thresholds.none,
    queries: [
      {
        expr: 'sum(rate(prometheus_tsdb_head_samples_appended_total[5m]))',
        legend: 'samples',
      },
    ],
  }).span(12);
