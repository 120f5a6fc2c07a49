import { StackingConfigBuilder, StackingMode } from '@grafana/grafana-foundation-sdk/common';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { CONTAINER } from '../../../prometheus/rules/pods';
import {
  barGauge,
  orNone,
  table,
  thresholds,
  timeSeries,
  type BarGaugeBuilder,
  type TableBuilder,
  type TimeSeriesBuilder,
} from '../common';
import { ofRow, toLinesOfNamespace, toLinesOfPod } from '../to-logs';
import { CONTAINER_LEGEND, highest, ofPods, type Limits } from './selectors';

/** How many pods there are, which containers do not stay up, and what they are made of. */
export const pods = (limits: Limits): (BarGaugeBuilder | TableBuilder | TimeSeriesBuilder)[] => [
  byNamespace(limits),
  byPhase(),
  restarts(),
  waiting(),
  images(),
];

const byNamespace = ({ podsPerNamespace }: Limits): BarGaugeBuilder =>
  barGauge({
    title: 'Pods by namespace',
    description: `Pods that run or wait to, without those of which each node has one; the bound is ${podsPerNamespace} for each namespace. More than anyone meant are often those of a CronJob or of a broken rollout.`,
    unit: units.NoUnit,
    thresholds: thresholds.budget(podsPerNamespace),
    alerts: ['PodSprawl'],
    queries: [
      {
        expr: `count by (namespace) (max by (namespace, pod) (kube_pod_info${ofPods('created_by_kind!~"DaemonSet|Node"')}) and on (namespace, pod) kube_pod_status_phase{phase=~"Pending|Running"} == 1)`,
        legend: '{{namespace}}',
      },
    ],
  })
    .max(podsPerNamespace)
    .dataLinks([toLinesOfNamespace()]);

const byPhase = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Pods by phase',
    description:
      'Pods that run, wait for a node or an image, have done their work, or have failed.',
    unit: units.Short,
    thresholds: thresholds.none,
    queries: [
      {
        expr: `sum by (phase) (max by (namespace, pod, phase) (kube_pod_status_phase${ofPods()})) > 0`,
        legend: '{{phase}}',
      },
    ],
  }).stacking(new StackingConfigBuilder().mode(StackingMode.Normal));

const restarts = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Restarts, the highest ten',
    description: 'Restarts of a container within the hour before each moment.',
    unit: units.Short,
    thresholds: thresholds.zeroIsCalm,
    alerts: ['ContainerCrashLooping', 'ContainerOomKilled'],
    queries: [
      {
        expr: orNone(
          highest(
            `round(max by (${CONTAINER}) (increase(kube_pod_container_status_restarts_total${ofPods()}[1h]))) > 0`,
          ),
          'container',
        ),
        legend: CONTAINER_LEGEND,
      },
    ],
  }).dataLinks([toLinesOfPod()]);

const waiting = (): TableBuilder =>
  table({
    title: 'Containers that wait',
    description: 'Containers that do not run yet or not again, and the reason that kubelet gives.',
    emptyWhenWell: 'every container runs',
    unit: units.NoUnit,
    thresholds: thresholds.none,
    alerts: ['ImagePullFailing', 'ContainerStopped'],
    queries: [
      {
        expr: `max by (${CONTAINER}, reason) (kube_pod_container_status_waiting_reason${ofPods()}) == 1`,
      },
    ],
    columns: ['namespace', 'pod', 'container', 'reason'],
  })
    .height(8)
    .dataLinks([toLinesOfPod(ofRow)]);

const images = (): TableBuilder =>
  table({
    title: 'Images',
    description:
      'What the containers are made of, and how many run each. Two versions of one image are a rollout under way, or one that was forgotten.',
    unit: units.NoUnit,
    thresholds: thresholds.none,
    queries: [
      {
        expr: `sort_desc(count by (image) (max by (${CONTAINER}, image) (kube_pod_container_info${ofPods()})))`,
      },
    ],
    columns: ['image', 'Value'],
  })
    .overrideByName('Value', [{ id: 'displayName', value: 'containers' }])
    .height(8)
    .span(24);
