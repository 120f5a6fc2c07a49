import type { RuleTest } from './rule-tests';

/** Input of a test of rules. */
export type Series = RuleTest['input_series'];

/** Labels of the one container `app` of a pod; the pods are called by what befalls them. */
export const of = (pod: string, more = ''): string =>
  `namespace="shop",pod="${pod}",container="app"${more}`;

/** Labels of the pod itself. */
export const podOf = (pod: string, more = ''): string => `namespace="shop",pod="${pod}"${more}`;

/** The node that all these pods are on. */
export const NODE = 'worker';

/** Labels of the container as cAdvisor gives them. */
export const ofNode = (pod: string): string => of(pod, `,node="${NODE}",instance="cadvisor-1"`);

/** Where a pod runs and in which phase it is; kube-state-metrics knows it until it is deleted. */
export const known = (
  pod: string,
  { phase = 'Running', owner = 'ReplicaSet', values = '1x200' } = {},
): Series => [
  { series: `kube_pod_info{${podOf(pod, `,node="${NODE}"`)}}`, values },
  { series: `kube_pod_container_info{${of(pod)}}`, values },
  { series: `kube_pod_status_phase{${podOf(pod, `,phase="${phase}"`)}}`, values },
  { series: `kube_pod_owner{${podOf(pod, `,owner_kind="${owner}"`)}}`, values },
];

/** cAdvisor stamps its samples: no more come when the container has gone, and nothing marks the last one. */
export const seen = (pod: string, values: string): Series => [
  { series: `container_last_seen{${ofNode(pod)},id="/kubepods/${pod}"}`, values },
];

/** kubelet has not started the container, for this reason. */
export const waiting = (pod: string, reason: string, values = '1x200'): Series => [
  {
    series: `kube_pod_container_status_waiting_reason{${of(pod, `,reason="${reason}"`)}}`,
    values,
  },
];

/** The container has ended, for this reason. */
export const terminated = (pod: string, reason: string, values = '1x200'): Series => [
  {
    series: `kube_pod_container_status_terminated_reason{${of(pod, `,reason="${reason}"`)}}`,
    values,
  },
];

/** Whether cAdvisor itself answers on a node. */
export const cadvisor = (values: string, node = NODE): Series => [
  { series: `up{job="cadvisor",node="${node}",instance="cadvisor-1"}`, values },
];

/** Labels of an alert about the container of a pod. */
export const labelsOf = (pod: string): Record<string, string> => ({
  namespace: 'shop',
  pod,
  container: 'app',
  node: NODE,
  service: 'app',
});
/** Seen every 15 seconds until the moment in seconds, and never again. */
export const seenUntil = (seconds: number): string => `0+15x${seconds / 15}`;
