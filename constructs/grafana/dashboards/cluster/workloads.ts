import * as units from '@grafana/grafana-foundation-sdk/units';
import { KINDS, type WorkloadKind } from '../../../prometheus/rules/workloads';
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
import { ofRow, toLinesOfNamespace } from '../to-logs';
import { inNamespace } from './selectors';

/** Whether what should run does. */
export const workloads = (): (StatBuilder | TableBuilder | TimeSeriesBuilder)[] => [
  podsMissing(),
  unschedulable(),
  jobsFailed(),
  claimsUnbound(),
  missing(),
  pods(),
];

const lacking = ({ label, desired, available }: WorkloadKind): string =>
  `max by (namespace, ${label}) (${desired}${inNamespace()} - ${available}${inNamespace()})`;

const podsMissing = (): StatBuilder =>
  stat({
    title: 'Pods missing',
    description:
      'Pods that Deployments, StatefulSets and DaemonSets want and that are not available.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsCalm,
    alerts: ['ReplicasMissing'],
    queries: [
      {
        expr: KINDS.map((kind) => `(sum(${lacking(kind)}) or vector(0))`).join(' + '),
        legend: 'missing',
      },
    ],
  }).span(6);

const unschedulable = (): StatBuilder =>
  stat({
    title: 'Pods without a node',
    description: 'Pods that no node takes, for want of room or by their own conditions.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsGood,
    alerts: ['PodUnschedulable'],
    queries: [
      {
        expr: orZero(
          `sum(max by (namespace, pod) (kube_pod_status_unschedulable${inNamespace()}))`,
        ),
        legend: 'pods',
      },
    ],
  }).span(6);

const jobsFailed = (): StatBuilder =>
  stat({
    title: 'Jobs failed',
    description: 'Jobs that Kubernetes has given up, and that are kept for people to look at.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsCalm,
    alerts: ['JobFailed'],
    queries: [
      {
        expr: orZero(
          `sum(max by (namespace, job_name) (kube_job_failed${inNamespace('condition="true"')}))`,
        ),
        legend: 'jobs',
      },
    ],
  }).span(6);

const claimsUnbound = (): StatBuilder =>
  stat({
    title: 'Claims without a volume',
    description: 'Claims that wait for a volume, or have lost theirs.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsGood,
    alerts: ['VolumeProvisioningFailing', 'VolumeLost'],
    queries: [
      {
        expr: orZero(
          `sum(max by (namespace, persistentvolumeclaim) (kube_persistentvolumeclaim_status_phase${inNamespace('phase!="Bound"')}))`,
        ),
        legend: 'claims',
      },
    ],
  }).span(6);

/** By namespace, kind and name, whatever its kind calls it. */
const named = (kind: WorkloadKind): string =>
  `label_replace(label_replace(${lacking(kind)} > 0, "workload", "$1", "${kind.label}", "(.+)"), "kind", "${kind.kind}", "", "")`;

const missing = (): TableBuilder =>
  table({
    title: 'Workloads that lack pods',
    description: 'Which of them, and how many pods each lacks. A rollout passes within minutes.',
    emptyWhenWell: 'every workload has all its pods',
    unit: units.NoUnit,
    thresholds: thresholds.none,
    alerts: ['ReplicasMissing'],
    queries: [{ expr: `max by (namespace, kind, workload) (${KINDS.map(named).join(' or ')})` }],
    columns: ['namespace', 'kind', 'workload', 'Value'],
  })
    .overrideByName('Value', [{ id: 'displayName', value: 'pods missing' }])
    .height(8)
    .dataLinks([toLinesOfNamespace(ofRow)]);

const pods = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Pods by namespace',
    description: 'Pods that run or wait to. A step that no one made is worth a look.',
    unit: units.Short,
    thresholds: thresholds.none,
    queries: [
      {
        expr: `sum by (namespace) (max by (namespace, pod) (kube_pod_status_phase${inNamespace('phase=~"Pending|Running"')}))`,
        legend: '{{namespace}}',
      },
    ],
  }).dataLinks([toLinesOfNamespace()]);
