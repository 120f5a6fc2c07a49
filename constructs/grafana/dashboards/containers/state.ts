import * as units from '@grafana/grafana-foundation-sdk/units';
import { CONTAINER, OOM_KILLED } from '../../../prometheus/rules/pods';
import { orZero, stat, thresholds, type StatBuilder } from '../common';
import { ofPods } from './selectors';

/** How many containers there are, and how many of them are in trouble. */
export const state = (): StatBuilder[] => [
  running(),
  notRunning(),
  restarts(),
  oomKilled(),
  podsReady(),
  unlimited(),
];

const running = (): StatBuilder =>
  stat({
    title: 'Running',
    description: 'Containers of the chosen pods that run now.',
    unit: units.NoUnit,
    thresholds: thresholds.none,
    queries: [
      {
        expr: `count(max by (${CONTAINER}) (kube_pod_container_status_running${ofPods()}) == 1)`,
        legend: 'running',
      },
    ],
  });

const notRunning = (): StatBuilder =>
  stat({
    title: 'Not running',
    description:
      'Containers that wait or have failed; those that have done their work do not count. One that is being started waits for some seconds.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsGood,
    alerts: ['ContainerStopped', 'ContainerCrashLooping', 'ImagePullFailing'],
    queries: [
      {
        expr: orZero(
          `count(max by (${CONTAINER}) (kube_pod_container_status_waiting${ofPods()} or kube_pod_container_status_terminated_reason${ofPods('reason!="Completed"')}) == 1)`,
        ),
        legend: 'not running',
      },
    ],
  });

const restarts = (): StatBuilder =>
  stat({
    title: 'Restarts in the last hour',
    description: 'How often kubelet started a container again, whatever had ended it.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsCalm,
    alerts: ['ContainerCrashLooping'],
    queries: [
      {
        expr: `round(sum(increase(kube_pod_container_status_restarts_total${ofPods()}[1h])))`,
        legend: 'restarts',
      },
    ],
  });

const oomKilled = (): StatBuilder =>
  stat({
    title: 'Out of memory',
    description: 'Containers that were killed at their limit of memory within the last 10 minutes.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsGood,
    alerts: ['ContainerOomKilled'],
    queries: [
      {
        expr: orZero(`count(${OOM_KILLED} and on (namespace, pod) kube_pod_info${ofPods()})`),
        legend: 'killed',
      },
    ],
  });

const podsReady = (): StatBuilder =>
  stat({
    title: 'Pods ready',
    description: 'Ready pods as a share of those that should run.',
    unit: units.PercentUnit,
    thresholds: thresholds.allIsGood,
    queries: [
      {
        expr: `sum(max by (namespace, pod) (kube_pod_status_ready${ofPods('condition="true"')}) and on (namespace, pod) kube_pod_status_phase{phase=~"Pending|Running"} == 1) / count(max by (namespace, pod) (kube_pod_status_phase${ofPods('phase=~"Pending|Running"')}) == 1)`,
        legend: 'ready',
      },
    ],
  });

const unlimited = (): StatBuilder =>
  stat({
    title: 'Without a memory limit',
    description:
      'Containers that may take all the memory of their node, and so bring others down. Those of the control plane are made so.',
    unit: units.NoUnit,
    thresholds: thresholds.none,
    queries: [
      {
        expr: orZero(
          `count(max by (${CONTAINER}) (kube_pod_container_info${ofPods()}) unless on (${CONTAINER}) kube_pod_container_resource_limits{resource="memory"})`,
        ),
        legend: 'containers',
      },
    ],
  });
