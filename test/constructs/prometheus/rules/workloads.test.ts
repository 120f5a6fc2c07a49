import { workloads } from '../../../../constructs/prometheus/rules/workloads';
import { parseSettings } from '../../../../constructs/settings';
import { atBoundary } from '../../../support/rule-boundaries';
import { describeRules, firing, ruleNamed, type RuleTest } from '../../../support/rule-tests';

const group = workloads(parseSettings({}));

type Series = RuleTest['input_series'];

interface Replicas {
  readonly desired: string;
  readonly available: string;
  readonly updated?: string;
}

/** The metrics of a kind of workload: wanted, available, and of the newest template. */
const METRICS = {
  Deployment: ['spec_replicas', 'status_replicas_available', 'status_replicas_updated'],
  StatefulSet: ['replicas', 'status_replicas_available', 'status_replicas_updated'],
  DaemonSet: [
    'status_desired_number_scheduled',
    'status_number_available',
    'status_updated_number_scheduled',
  ],
} as const;

const workload = (
  kind: keyof typeof METRICS,
  name: string,
  { desired, available, updated = '3x60' }: Replicas,
): Series => {
  const label = kind.toLowerCase();
  return [desired, available, updated].map((values, index) => ({
    series: `kube_${label}_${METRICS[kind][index]}{namespace="shop",${label}="${name}"}`,
    values,
  }));
};

const nodes = (dead: number): Series =>
  [0, 1, 2].map((index) => ({
    series: `kube_node_status_condition{node="node-${index}",condition="Ready",status="true"}`,
    values: `${index < dead ? 0 : 1}x60`,
  }));

const lacks = (kind: string, name: string, pods: number) =>
  firing(
    ruleNamed(group, 'ReplicasMissing'),
    { namespace: 'shop', kind, workload: name, service: name },
    {
      summary: `${kind} ${name} lacks pods.`,
      description: `${kind} shop/${name} has had ${pods} pods less than it wants for 10 minutes.`,
    },
  );

const job = (name: string, { cronJob = '', start = 0, failed = '1x60' } = {}): Series => [
  {
    series: `kube_job_failed{namespace="shop",job_name="${name}",condition="true"}`,
    values: failed,
  },
  {
    series: `kube_job_status_start_time{namespace="shop",job_name="${name}"}`,
    values: `${start}x60`,
  },
  {
    series: `kube_job_owner{namespace="shop",job_name="${name}",owner_kind="${cronJob && 'CronJob'}",owner_name="${cronJob}"}`,
    values: '1x60',
  },
];

const failed = (name: string) =>
  firing(
    ruleNamed(group, 'JobFailed'),
    { namespace: 'shop', job_name: name, service: name },
    {
      summary: `Job ${name} failed.`,
      description: `Job shop/${name} failed, and Kubernetes does not try it again.`,
    },
  );

const volume = (metric: string, claim: string, values: string): Series[number] => ({
  series: `kubelet_volume_stats_${metric}_bytes{namespace="shop",persistentvolumeclaim="${claim}",node="worker",instance="worker"}`,
  values,
});

/** A volume of 1,100 bytes, of which 100 are reserved, that fills by so many in an hour. */
const filling = (used: number, perHour: number, claim: string): Series => [
  volume('capacity', claim, '1100x600'),
  volume('used', claim, `${used}+${perHour / 60}x600`),
  volume('available', claim, `${1000 - used}-${perHour / 60}x600`),
];

const volumeLabels = {
  namespace: 'shop',
  persistentvolumeclaim: 'busy',
  node: 'worker',
  service: 'busy',
};

const pods = (
  namespace: string,
  count: number,
  { phase = 'Running', kind = 'ReplicaSet' } = {},
): Series =>
  Array.from({ length: count }, (_, index) => [
    {
      series: `kube_pod_info{namespace="${namespace}",pod="${kind}-${phase}-${index}",created_by_kind="${kind}",node="worker"}`,
      values: '1x60',
    },
    {
      series: `kube_pod_status_phase{namespace="${namespace}",pod="${kind}-${phase}-${index}",phase="${phase}"}`,
      values: '1x60',
    },
  ]).flat();

describeRules(group, [
  {
    name: 'ReplicasMissing: 10 minutes after a workload lacks pods, unless it is being updated',
    interval: '1m',
    input_series: [
      ...nodes(0),
      ...(['Deployment', 'StatefulSet', 'DaemonSet'] as const).flatMap((kind) => [
        ...workload(kind, 'calm', { desired: '3x60', available: '3x60' }),
        ...workload(kind, 'busy', { desired: '3x60', available: '3 2x60' }),
        ...workload(kind, 'updating', {
          desired: '3x60',
          available: '2x60',
          updated: '0x3 1x3 2x3 3x3 0x3 1x3 2x30',
        }),
        ...workload(kind, 'stopped', { desired: '0x60', available: '0x60', updated: '0x60' }),
      ]),
    ],
    alert_rule_test: [
      { eval_time: '10m', alertname: 'ReplicasMissing', exp_alerts: [] },
      {
        eval_time: '11m',
        alertname: 'ReplicasMissing',
        exp_alerts: [
          lacks('DaemonSet', 'busy', 1),
          lacks('Deployment', 'busy', 1),
          lacks('StatefulSet', 'busy', 1),
        ],
      },
    ],
  },
  {
    name: 'ReplicasMissing: a DaemonSet may lack a pod for each dead node, and no more',
    interval: '1m',
    input_series: [
      ...nodes(1),
      ...workload('DaemonSet', 'calm', { desired: '3x60', available: '2x60' }),
      ...workload('DaemonSet', 'busy', { desired: '3x60', available: '1x60' }),
    ],
    alert_rule_test: [
      {
        eval_time: '15m',
        alertname: 'ReplicasMissing',
        exp_alerts: [lacks('DaemonSet', 'busy', 2)],
      },
    ],
  },
  {
    name: 'JobFailed fires at once, and until its CronJob has succeeded again',
    interval: '1m',
    input_series: [
      ...job('alone', { failed: '_ 1x60' }),
      ...job('running', { failed: '0x60' }),
      ...job('nightly-1', { cronJob: 'nightly', start: 60, failed: '_ 1x60' }),
      {
        series: 'kube_cronjob_status_last_successful_time{namespace="shop",cronjob="nightly"}',
        values: '30x9 600x60',
      },
      ...job('hourly-1', { cronJob: 'hourly', start: 60, failed: '_ 1x60' }),
    ],
    alert_rule_test: [
      { eval_time: '0m', alertname: 'JobFailed', exp_alerts: [] },
      {
        eval_time: '1m',
        alertname: 'JobFailed',
        exp_alerts: [failed('alone'), failed('hourly-1'), failed('nightly-1')],
      },
      {
        eval_time: '10m',
        alertname: 'JobFailed',
        exp_alerts: [failed('alone'), failed('hourly-1')],
      },
    ],
  },
  {
    name: 'PodUnschedulable: after 5 minutes without a node, unless the pod is on its way out',
    interval: '1m',
    input_series: [
      { series: 'kube_pod_status_unschedulable{namespace="shop",pod="busy"}', values: '_ 1x60' },
      { series: 'kube_pod_status_unschedulable{namespace="shop",pod="deleted"}', values: '1x60' },
      { series: 'kube_pod_deletion_timestamp{namespace="shop",pod="deleted"}', values: '60x60' },
      {
        series: 'kube_pod_status_unschedulable{namespace="shop",pod="late"}',
        values: '_ 1x4 stale',
      },
    ],
    alert_rule_test: [
      { eval_time: '5m', alertname: 'PodUnschedulable', exp_alerts: [] },
      {
        eval_time: '6m',
        alertname: 'PodUnschedulable',
        exp_alerts: [
          firing(
            ruleNamed(group, 'PodUnschedulable'),
            { namespace: 'shop', pod: 'busy', service: 'busy' },
            {
              summary: 'No node takes pod busy.',
              description: 'Pod shop/busy has waited for a node for 5 minutes, and none fits.',
            },
          ),
        ],
      },
    ],
  },
  atBoundary(group, {
    alert: 'VolumeFilling',
    series: (used, claim) => filling(used, 0, claim),
    calm: 850,
    busy: 851,
    labels: volumeLabels,
    texts: {
      summary: 'Volume busy is filling.',
      description: '85.1 % of the volume shop/busy is used; the bound is 85 %.',
    },
  }),
  {
    // 15 in an hour are 360 in a day. After 6 hours and a half, 97.5 more are used.
    name: 'VolumeFullSoon: half an hour after there are 6 hours to judge by, if what is left is less than the pace of a day',
    interval: '1m',
    input_series: [
      ...filling(542, 15, 'calm'),
      ...filling(552.5, 15, 'busy'),
      // It was made only 3 hours ago.
      { ...volume('available', 'new', '_x210 400-10x300') },
      { ...volume('used', 'new', '_x210 600+10x300') },
    ],
    alert_rule_test: [
      { eval_time: '6h29m', alertname: 'VolumeFullSoon', exp_alerts: [] },
      {
        eval_time: '6h30m',
        alertname: 'VolumeFullSoon',
        exp_alerts: [
          firing(ruleNamed(group, 'VolumeFullSoon'), volumeLabels, {
            summary: 'Volume busy will be full within 24h.',
            description:
              '65.0 % of the volume shop/busy is used; at the pace of the last 6h it is full within 24h.',
          }),
        ],
      },
    ],
  },
  {
    name: 'VolumeFullSoon is quiet while less than half is used, however fast it grows',
    interval: '1m',
    input_series: filling(100, 40, 'busy'),
    alert_rule_test: [{ eval_time: '9h', alertname: 'VolumeFullSoon', exp_alerts: [] }],
  },
  {
    name: 'PodSprawl: 5 minutes after a namespace runs more than 50 pods, without those that each node has and those that have ended',
    interval: '1m',
    input_series: [
      ...pods('calm', 50),
      ...pods('calm', 5, { phase: 'Succeeded', kind: 'Job' }),
      ...pods('calm', 5, { phase: 'Failed' }),
      ...pods('calm', 5, { kind: 'DaemonSet' }),
      ...pods('calm', 5, { kind: 'Node' }),
      ...pods('busy', 50),
      ...pods('busy', 1, { phase: 'Pending' }),
    ],
    alert_rule_test: [
      { eval_time: '4m', alertname: 'PodSprawl', exp_alerts: [] },
      {
        eval_time: '5m',
        alertname: 'PodSprawl',
        exp_alerts: [
          firing(
            ruleNamed(group, 'PodSprawl'),
            { namespace: 'busy', service: 'busy' },
            {
              summary: 'Namespace busy has many pods.',
              description: 'Namespace busy runs 51 pods; the bound is 50.',
            },
          ),
        ],
      },
    ],
  },
]);
