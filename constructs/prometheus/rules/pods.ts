/** What an alert about a container is told apart by, however often an exporter is replaced. */
export const CONTAINER = 'namespace, pod, container';

/** One node for each pod, also for the moments in which two kube-state-metrics overlap. */
const NODE_OF_POD = 'topk by (namespace, pod) (1, kube_pod_info{node!=""})';

/**
 * An expression about pods with the `node` that each one is bound to, so that a dead node can inhibit it. Pods without a
 * node drop out.
 */
export const withNode = (expr: string): string =>
  `(${expr}) * on (namespace, pod) group_left (node) ${NODE_OF_POD}`;

/** Pods that someone deleted; what stops in them shall stop. */
export const DELETED = 'kube_pod_deletion_timestamp';

/** Containers that kubelet lets wait before it starts them again. */
export const crashLooping = (window?: string): string => {
  const series = 'kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}';
  return window ? `max_over_time(${series}[${window}])` : series;
};

/**
 * Containers that ran out of memory within the last 10 minutes. kube-state-metrics tells the end of a container that was
 * started again with its time, but of one that was not only that it ended so.
 */
export const OOM_KILLED = `max by (${CONTAINER}) (
  (kube_pod_container_status_last_terminated_reason{reason="OOMKilled"} == 1
    and on (${CONTAINER}) time() - kube_pod_container_status_last_terminated_timestamp < 600)
  or
  (kube_pod_container_status_terminated_reason{reason="OOMKilled"} == 1
    unless on (${CONTAINER}) kube_pod_container_status_terminated_reason{reason="OOMKilled"} offset 10m)
)`;
