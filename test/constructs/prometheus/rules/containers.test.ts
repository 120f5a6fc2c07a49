import { containers } from '../../../../constructs/prometheus/rules/containers';
import { parseSettings } from '../../../../constructs/settings';
import { atBoundary, type Subject } from '../../../support/rule-boundaries';
import { describeRules, firing, ruleNamed, type RuleTest } from '../../../support/rule-tests';

const group = containers(parseSettings({}));

type Series = RuleTest['input_series'];

/** The pods of these tests have one container `app`, and are called by what befalls them. */
const of = (pod: string, more = ''): string =>
  `namespace="shop",pod="${pod}",container="app"${more}`;
const podOf = (pod: string, more = ''): string => `namespace="shop",pod="${pod}"${more}`;

const NODE = 'worker';
const ofNode = (pod: string): string => of(pod, `,node="${NODE}",instance="cadvisor-1"`);

/** Where a pod runs and in which phase it is; kube-state-metrics knows it until it is deleted. */
const known = (
  pod: string,
  { phase = 'Running', owner = 'ReplicaSet', values = '1x200' } = {},
): Series => [
  { series: `kube_pod_info{${podOf(pod, `,node="${NODE}"`)}}`, values },
  { series: `kube_pod_container_info{${of(pod)}}`, values },
  { series: `kube_pod_status_phase{${podOf(pod, `,phase="${phase}"`)}}`, values },
  { series: `kube_pod_owner{${podOf(pod, `,owner_kind="${owner}"`)}}`, values },
];

/** cAdvisor stamps its samples: no more come when the container has gone, and nothing marks the last one. */
const seen = (pod: string, values: string): Series => [
  { series: `container_last_seen{${ofNode(pod)},id="/kubepods/${pod}"}`, values },
];

const waiting = (pod: string, reason: string, values = '1x200'): Series => [
  {
    series: `kube_pod_container_status_waiting_reason{${of(pod, `,reason="${reason}"`)}}`,
    values,
  },
];

const terminated = (pod: string, reason: string, values = '1x200'): Series => [
  {
    series: `kube_pod_container_status_terminated_reason{${of(pod, `,reason="${reason}"`)}}`,
    values,
  },
];

const cadvisor = (values: string): Series => [
  { series: `up{job="cadvisor",node="${NODE}",instance="cadvisor-1"}`, values },
];

const labelsOf = (pod: string) => ({
  namespace: 'shop',
  pod,
  container: 'app',
  node: NODE,
  service: 'app',
});
const labels = labelsOf('busy');

const stopped = (pod: string) =>
  firing(ruleNamed(group, 'ContainerStopped'), labelsOf(pod), {
    summary: 'Container app has stopped.',
    description: `app of pod shop/${pod} on worker has not been running for 1m.`,
  });

const oomKilled = (pod: string) =>
  firing(ruleNamed(group, 'ContainerOomKilled'), labelsOf(pod), {
    summary: 'Container app ran out of memory.',
    description: `app of pod shop/${pod} on worker was killed within the last 10 minutes, for it met its limit of memory.`,
  });

/** Seen every 15 seconds until the moment in seconds, and never again. */
const seenUntil = (seconds: number): string => `0+15x${seconds / 15}`;

const limited = (pod: string, resource: string, limit: number): Series => [
  {
    series: `kube_pod_container_resource_limits{${of(pod, `,resource="${resource}"`)}}`,
    values: `${limit}x60`,
  },
];

/** Uses so much of a limit of 2 CPUs, in percent. */
const cpu = (percent: number, pod: string): Series => [
  {
    series: `container_cpu_usage_seconds_total{${ofNode(pod)},cpu="total"}`,
    values: `1000+${(2 * 60 * percent) / 100}x60`,
  },
  ...limited(pod, 'cpu', 2),
];

const throttled = (percent: number, pod: string): Series => [
  { series: `container_cpu_cfs_periods_total{${ofNode(pod)}}`, values: '1000+600x60' },
  {
    series: `container_cpu_cfs_throttled_periods_total{${ofNode(pod)}}`,
    values: `1000+${6 * percent}x60`,
  },
];

/** Restarts at once, and then waits. */
const crashing = (pod: string, restarts: number, waits = '1x40'): Series => [
  ...known(pod),
  {
    series: `kube_pod_container_status_restarts_total{${of(pod, ',uid="1"')}}`,
    values: `2 ${2 + restarts}x200`,
  },
  ...waiting(pod, 'CrashLoopBackOff', `_ ${waits}`),
];

describeRules(group, [
  {
    name: 'ContainerStopped: 1 minute after cAdvisor has not seen a container of a running pod for two scrapes',
    interval: '15s',
    input_series: [
      ...cadvisor('1x200'),
      ...['well', 'gone', 'moved', 'deleted', 'deleting', 'new', 'looping', 'init'].flatMap((pod) =>
        known(
          pod,
          pod === 'deleted'
            ? { values: '1x13 stale' }
            : { phase: pod === 'new' ? 'Pending' : 'Running' },
        ),
      ),
      ...seen('well', seenUntil(3000)),
      ...seen('gone', seenUntil(180)),
      // Its pod is no more.
      ...seen('deleted', seenUntil(180)),
      // Its pod is about to be no more.
      ...seen('deleting', seenUntil(180)),
      { series: `kube_pod_deletion_timestamp{${podOf('deleting')}}`, values: '210x200' },
      // A pod of a StatefulSet, made anew under its old name.
      ...seen('new', seenUntil(180)),
      ...waiting('new', 'ContainerCreating'),
      // Another alert.
      ...seen('looping', seenUntil(180)),
      ...waiting('looping', 'CrashLoopBackOff'),
      // A container that kube-state-metrics does not count among the containers of its pod.
      {
        series: `container_last_seen{namespace="shop",pod="init",container="setup",node="${NODE}"}`,
        values: seenUntil(180),
      },
      // The sandbox of a pod.
      {
        series: `container_last_seen{${podOf('well')},container="",node="${NODE}"}`,
        values: seenUntil(180),
      },
      // It was on another node before.
      { series: `container_last_seen{${of('moved')},node="other"}`, values: seenUntil(180) },
      ...seen('moved', seenUntil(3000)),
    ],
    alert_rule_test: [
      // Last seen at 3 minutes; more than 30 seconds ago from 3:45 on.
      { eval_time: '4m30s', alertname: 'ContainerStopped', exp_alerts: [] },
      { eval_time: '4m45s', alertname: 'ContainerStopped', exp_alerts: [stopped('gone')] },
      { eval_time: '15m', alertname: 'ContainerStopped', exp_alerts: [stopped('gone')] },
    ],
  },
  {
    name: 'ContainerStopped is quiet for what cAdvisor does not see while it is down itself',
    interval: '15s',
    input_series: [...cadvisor('1x12 0x100'), ...known('gone'), ...seen('gone', seenUntil(180))],
    alert_rule_test: [{ eval_time: '10m', alertname: 'ContainerStopped', exp_alerts: [] }],
  },
  {
    name: 'ContainerStopped is quiet for a container that was started again under another id',
    interval: '15s',
    input_series: [
      ...cadvisor('1x200'),
      ...known('again'),
      ...seen('again', seenUntil(180)),
      {
        series: `container_last_seen{${ofNode('again')},id="/kubepods/2"}`,
        values: `_x16 ${16 * 15 + 15}+15x100`,
      },
    ],
    alert_rule_test: [{ eval_time: '10m', alertname: 'ContainerStopped', exp_alerts: [] }],
  },
  {
    name: 'ContainerStopped: 1 minute after kubelet says that a container ended, unless nobody misses it',
    interval: '15s',
    input_series: [
      ...known('ended'),
      ...terminated('ended', 'Error', '_ 1x200'),
      ...known('bare', { phase: 'Failed', owner: '' }),
      ...terminated('bare', 'Error', '_ 1x200'),
      ...known('not-started', { phase: 'Pending' }),
      ...waiting('not-started', 'CreateContainerError', '_ 1x200'),
      // Back within a minute.
      ...known('back'),
      ...terminated('back', 'Error', '_ 1x3 stale'),
      ...known('completed', { phase: 'Succeeded', owner: 'Job' }),
      ...terminated('completed', 'Completed'),
      // Its sidecar still runs.
      ...known('half-completed'),
      ...terminated('half-completed', 'Completed'),
      // These are replaced, or told by another alert.
      ...known('evicted', { phase: 'Failed' }),
      ...terminated('evicted', 'Error'),
      ...known('failed-job', { phase: 'Failed', owner: 'Job' }),
      ...terminated('failed-job', 'Error'),
      ...known('deleting'),
      ...terminated('deleting', 'Error'),
      { series: `kube_pod_deletion_timestamp{${podOf('deleting')}}`, values: '30x200' },
      ...known('creating', { phase: 'Pending' }),
      ...waiting('creating', 'ContainerCreating'),
      ...known('pulling', { phase: 'Pending' }),
      ...waiting('pulling', 'ImagePullBackOff'),
    ],
    alert_rule_test: [
      { eval_time: '1m', alertname: 'ContainerStopped', exp_alerts: [] },
      {
        eval_time: '1m15s',
        alertname: 'ContainerStopped',
        exp_alerts: [stopped('bare'), stopped('ended'), stopped('not-started')],
      },
    ],
  },
  {
    name: 'ContainerStopped is one alert when both say so, and goes on when one of them forgets',
    interval: '15s',
    input_series: [
      ...cadvisor('1x200'),
      ...known('gone', { values: '1x200' }),
      ...seen('gone', seenUntil(180)),
      ...terminated('gone', 'Error', '_x12 1x100'),
    ],
    alert_rule_test: [
      { eval_time: '4m15s', alertname: 'ContainerStopped', exp_alerts: [stopped('gone')] },
      { eval_time: '20m', alertname: 'ContainerStopped', exp_alerts: [stopped('gone')] },
    ],
  },
  {
    name: 'ContainerCrashLooping: more than 3 restarts within an hour, the last wait within 10 minutes',
    interval: '1m',
    input_series: [
      ...crashing('calm', 3),
      ...crashing('busy', 4),
      // Restarted by hand, say.
      ...crashing('never-waited', 4, '_x40'),
    ],
    alert_rule_test: [
      { eval_time: '1m', alertname: 'ContainerCrashLooping', exp_alerts: [] },
      {
        eval_time: '2m',
        alertname: 'ContainerCrashLooping',
        exp_alerts: [
          firing(ruleNamed(group, 'ContainerCrashLooping'), labels, {
            summary: 'Container app crashes again and again.',
            description: 'app of pod shop/busy on worker was started 4 times again within an hour.',
          }),
        ],
      },
    ],
  },
  {
    name: 'ContainerCrashLooping ends 10 minutes after the last wait',
    interval: '1m',
    input_series: crashing('busy', 9, '1x20 stale'),
    alert_rule_test: [
      {
        eval_time: '30m',
        alertname: 'ContainerCrashLooping',
        exp_alerts: [
          firing(ruleNamed(group, 'ContainerCrashLooping'), labels, {
            summary: 'Container app crashes again and again.',
            description: 'app of pod shop/busy on worker was started 9 times again within an hour.',
          }),
        ],
      },
      { eval_time: '32m', alertname: 'ContainerCrashLooping', exp_alerts: [] },
    ],
  },
  {
    name: 'ContainerOomKilled: for 10 minutes after a container met its limit, started again or not',
    interval: '1m',
    input_series: [
      ...['again', 'once', 'other', 'error'].flatMap((pod) => known(pod)),
      {
        series: `kube_pod_container_status_last_terminated_reason{${of('again', ',reason="OOMKilled"')}}`,
        values: '_ _ 1x40',
      },
      {
        series: `kube_pod_container_status_last_terminated_timestamp{${of('again')}}`,
        values: '_ _ 120x40',
      },
      ...terminated('once', 'OOMKilled', '_ _ 1x40'),
      {
        series: `kube_pod_container_status_last_terminated_reason{${of('error', ',reason="Error"')}}`,
        values: '_ _ 1x40',
      },
      {
        series: `kube_pod_container_status_last_terminated_timestamp{${of('error')}}`,
        values: '_ _ 120x40',
      },
    ],
    alert_rule_test: [
      { eval_time: '1m', alertname: 'ContainerOomKilled', exp_alerts: [] },
      {
        eval_time: '2m',
        alertname: 'ContainerOomKilled',
        exp_alerts: [oomKilled('again'), oomKilled('once')],
      },
      {
        eval_time: '11m',
        alertname: 'ContainerOomKilled',
        exp_alerts: [oomKilled('again'), oomKilled('once')],
      },
      { eval_time: '12m', alertname: 'ContainerOomKilled', exp_alerts: [] },
    ],
  },
  {
    name: 'ImagePullFailing: after 2 minutes without an image, whatever kubelet calls it at the moment',
    interval: '1m',
    input_series: [
      ...known('busy', { phase: 'Pending' }),
      ...waiting('busy', 'ErrImagePull', '_ 1 stale 1 stale'),
      ...waiting('busy', 'ImagePullBackOff', '_ _ 1 stale 1x20'),
      ...known('creating', { phase: 'Pending' }),
      ...waiting('creating', 'ContainerCreating'),
    ],
    alert_rule_test: [
      { eval_time: '2m', alertname: 'ImagePullFailing', exp_alerts: [] },
      {
        eval_time: '3m',
        alertname: 'ImagePullFailing',
        exp_alerts: [
          firing(ruleNamed(group, 'ImagePullFailing'), labels, {
            summary: 'The image of app is not to be had.',
            description:
              'app of pod shop/busy has waited for its image on worker for 2 minutes, and pulling it fails.',
          }),
        ],
      },
    ],
  },
  atBoundary(group, {
    alert: 'ContainerCpuNearLimit',
    series: cpu,
    calm: 89.9,
    busy: 90.1,
    after: 4,
    labels,
    texts: {
      summary: 'Container app uses all the CPU it may.',
      description:
        'app of pod shop/busy uses 90.1 % of its limit of CPU, over 5 minutes; the bound is 90 %.',
    },
  }),
  atBoundary(group, {
    alert: 'ContainerCpuThrottled',
    series: (percent: number, pod: Subject) => [...throttled(percent, pod), ...cpu(60, pod)],
    calm: 24.9,
    busy: 25.1,
    after: 4,
    labels,
    texts: {
      summary: 'Container app is throttled.',
      description:
        'app of pod shop/busy was held back in 25.1 % of the periods in which it ran; the bound is 25 %.',
    },
  }),
  atBoundary(group, {
    alert: 'ContainerCpuThrottled',
    series: (percent: number, pod: Subject) => [...throttled(80, pod), ...cpu(percent, pod)],
    calm: 49.9,
    busy: 50.1,
    after: 4,
    labels,
    texts: {
      summary: 'Container app is throttled.',
      description:
        'app of pod shop/busy was held back in 80.0 % of the periods in which it ran; the bound is 25 %.',
    },
  }),
  atBoundary(group, {
    alert: 'ContainerMemoryNearLimit',
    series: (percent: number, pod: Subject) => [
      {
        series: `container_memory_working_set_bytes{${ofNode(pod)}}`,
        values: `${10 * percent}x60`,
      },
      ...limited(pod, 'memory', 1000),
    ],
    calm: 90,
    busy: 90.1,
    labels,
    texts: {
      summary: 'Container app uses almost all the memory it may.',
      description: 'app of pod shop/busy holds 90.1 % of its limit of memory; the bound is 90 %.',
    },
  }),
  {
    name: 'a container without limits is near none',
    interval: '1m',
    input_series: [
      { series: `container_cpu_usage_seconds_total{${ofNode('free')}}`, values: '0+600x60' },
      { series: `container_memory_working_set_bytes{${ofNode('free')}}`, values: '1e12x60' },
    ],
    alert_rule_test: ['ContainerCpuNearLimit', 'ContainerMemoryNearLimit'].map((alertname) => ({
      eval_time: '30m',
      alertname,
      exp_alerts: [],
    })),
  },
]);
