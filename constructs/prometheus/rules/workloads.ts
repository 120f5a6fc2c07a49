import { seconds, type Settings } from '../../settings';
import { DELETED } from './pods';
import { alert, type Alert, type AlertProps, type RuleGroup } from './rule';

type WorkloadAlert = Omit<AlertProps, 'category'>;

const workloadAlert = (props: WorkloadAlert): Alert => alert({ ...props, category: 'container' });

/** What owns the containers: workloads, jobs, volumes and namespaces. */
export const workloads = ({ thresholds: { containers, nodes } }: Settings): RuleGroup => ({
  name: 'workloads',
  rules: [
    REPLICAS_MISSING,
    JOB_FAILED,
    UNSCHEDULABLE,
    volumeFilling(containers.volume),
    volumeFullSoon(nodes.diskFullWithin),
    podSprawl(containers.podsPerNamespace),
  ],
});

/** How a kind of workload tells the pods that it wants and has. */
export interface WorkloadKind {
  readonly kind: string;
  readonly label: string;
  readonly desired: string;
  readonly available: string;
  readonly updated: string;
  /** How many may be missing without anyone's concern. */
  readonly allowed: string;
}

/** A DaemonSet wants a pod on a dead node as well. */
const DEAD_NODES =
  'scalar(count(max by (node) (kube_node_status_condition{condition="Ready",status="true"}) == 0) or vector(0))';

export const KINDS: readonly WorkloadKind[] = [
  {
    kind: 'Deployment',
    label: 'deployment',
    desired: 'kube_deployment_spec_replicas',
    available: 'kube_deployment_status_replicas_available',
    updated: 'kube_deployment_status_replicas_updated',
    allowed: '0',
  },
  {
    kind: 'StatefulSet',
    label: 'statefulset',
    desired: 'kube_statefulset_replicas',
    available: 'kube_statefulset_status_replicas_available',
    updated: 'kube_statefulset_status_replicas_updated',
    allowed: '0',
  },
  {
    kind: 'DaemonSet',
    label: 'daemonset',
    desired: 'kube_daemonset_status_desired_number_scheduled',
    available: 'kube_daemonset_status_number_available',
    updated: 'kube_daemonset_status_updated_number_scheduled',
    allowed: DEAD_NODES,
  },
];

/** A rolling update that gets on is left alone. */
const missing = ({ kind, label, desired, available, updated, allowed }: WorkloadKind): string =>
  `label_replace(label_replace(
  max by (namespace, ${label}) (${desired} - ${available}) > ${allowed}
  unless on (namespace, ${label}) changes(${updated}[5m]) > 0
, "workload", "$1", "${label}", "(.+)"), "kind", "${kind}", "", "")`;

const REPLICAS_MISSING = workloadAlert({
  name: 'ReplicasMissing',
  expr: `max by (namespace, kind, workload) (\n${KINDS.map(missing).join('\nor\n')}\n)`,
  for: '10m',
  severity: 'warning',
  service: '{{ $labels.workload }}',
  summary: '{{ $labels.kind }} {{ $labels.workload }} lacks pods.',
  description:
    '{{ $labels.kind }} {{ $labels.namespace }}/{{ $labels.workload }} has had {{ $value }} pods less than it wants for 10 minutes.',
});

/** A failed job is kept for people to look at; once its CronJob has succeeded again, no one needs to. */
const JOB_FAILED = workloadAlert({
  name: 'JobFailed',
  expr: `max by (namespace, job_name) (kube_job_failed{condition="true"}) == 1
unless on (namespace, job_name) (
  max by (namespace, job_name) (kube_job_status_start_time)
  * on (namespace, job_name) group_left (owner_name)
  max by (namespace, job_name, owner_name) (kube_job_owner{owner_kind="CronJob"})
  < on (namespace, owner_name) group_left ()
  label_replace(
    max by (namespace, cronjob) (kube_cronjob_status_last_successful_time),
    "owner_name", "$1", "cronjob", "(.+)"
  )
)`,
  for: '0s',
  severity: 'warning',
  service: '{{ $labels.job_name }}',
  summary: 'Job {{ $labels.job_name }} failed.',
  description:
    'Job {{ $labels.namespace }}/{{ $labels.job_name }} failed, and Kubernetes does not try it again.',
});

const UNSCHEDULABLE = workloadAlert({
  name: 'PodUnschedulable',
  expr: `max by (namespace, pod) (kube_pod_status_unschedulable) == 1
unless on (namespace, pod) ${DELETED}`,
  for: '5m',
  severity: 'warning',
  service: '{{ $labels.pod }}',
  summary: 'No node takes pod {{ $labels.pod }}.',
  description:
    'Pod {{ $labels.namespace }}/{{ $labels.pod }} has waited for a node for 5 minutes, and none fits.',
});

const VOLUME = '{{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }}';
export const BY_VOLUME = 'by (namespace, persistentvolumeclaim, node)';

/** Percent of the selected volumes that is used; what is reserved for root is neither used nor to be had. */
export const usedOfVolumes = (selector = ''): string => `100 * max ${BY_VOLUME} (
  kubelet_volume_stats_used_bytes${selector}
  / (kubelet_volume_stats_used_bytes${selector} + kubelet_volume_stats_available_bytes${selector})
)`;
const USED = usedOfVolumes();

const volumeFilling = (bound: number): Alert =>
  workloadAlert({
    name: 'VolumeFilling',
    expr: `${USED} > ${bound}`,
    for: '5m',
    severity: 'warning',
    service: '{{ $labels.persistentvolumeclaim }}',
    summary: 'Volume {{ $labels.persistentvolumeclaim }} is filling.',
    description: `{{ $value | printf "%.1f" }} % of the volume ${VOLUME} is used; the bound is ${bound} %.`,
  });

/** A volume that is not even half full has time; one that is new has no pace yet. */
const volumeFullSoon = (within: string): Alert =>
  workloadAlert({
    name: 'VolumeFullSoon',
    expr: `${USED} > 50
and max ${BY_VOLUME} (predict_linear(kubelet_volume_stats_available_bytes[6h], ${seconds(within)})) < 0
and max ${BY_VOLUME} (kubelet_volume_stats_available_bytes offset 6h)`,
    for: '30m',
    severity: 'warning',
    service: '{{ $labels.persistentvolumeclaim }}',
    summary: `Volume {{ $labels.persistentvolumeclaim }} will be full within ${within}.`,
    description: `{{ $value | printf "%.1f" }} % of the volume ${VOLUME} is used; at the pace of the last 6h it is full within ${within}.`,
  });

/** Pods of which each node has one grow with the cluster, and are no sprawl. */
const podSprawl = (bound: number): Alert =>
  workloadAlert({
    name: 'PodSprawl',
    expr: `count by (namespace) (
  max by (namespace, pod) (kube_pod_info{created_by_kind!~"DaemonSet|Node"})
  and on (namespace, pod) kube_pod_status_phase{phase=~"Pending|Running"} == 1
) > ${bound}`,
    for: '5m',
    severity: 'warning',
    service: '{{ $labels.namespace }}',
    summary: 'Namespace {{ $labels.namespace }} has many pods.',
    description: `Namespace {{ $labels.namespace }} runs {{ $value }} pods; the bound is ${bound}.`,
  });
