import { containers } from '../../../../constructs/prometheus/rules/containers';
import { parseSettings } from '../../../../constructs/settings';
import { atBoundary, type Subject } from '../../../support/rule-boundaries';
import {
  known,
  labelsOf,
  of,
  ofNode,
  terminated,
  waiting,
  type Series,
} from '../../../support/container-series';
import { describeRules, firing, ruleNamed } from '../../../support/rule-tests';

const all = containers(parseSettings({}));

/** ContainerStopped has tests of its own. */
const group = {
  ...all,
  rules: all.rules.filter((rule) => !('alert' in rule && rule.alert === 'ContainerStopped')),
};

const labels = labelsOf('busy');

const oomKilled = (pod: string) =>
  firing(ruleNamed(group, 'ContainerOomKilled'), labelsOf(pod), {
    summary: 'Container app ran out of memory.',
    description: `app of pod shop/${pod} on worker was killed within the last 10 minutes, for it met its limit of memory.`,
  });

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

/** As {@link cpu}, but looked at after 15 and 30 seconds by turns; `_` is a scrape without a new sample. */
const looked = (percent: number, pod: string): Series => [
  {
    series: `container_cpu_usage_seconds_total{${ofNode(pod)},cpu="total"}`,
    values: Array.from({ length: 100 }, (_, i) =>
      i % 3 === 2 ? '_' : String(1000 + (i * 2 * 15 * percent) / 100),
    ).join(' '),
  },
  ...limited(pod, 'cpu', 2).map(({ series }) => ({ series, values: '2x100' })),
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
    after: 1,
    labels,
    texts: {
      summary: 'Container app uses all the CPU it may.',
      description: 'app of pod shop/busy uses 90.1 % of its limit of CPU; the bound is 90 %.',
    },
  }),
  {
    name: 'ContainerCpuNearLimit: samples that come 15 and 30 seconds apart neither end it nor begin it',
    interval: '15s',
    input_series: [
      ...looked(90.5, 'busy'),
      ...looked(89.5, 'calm'),
      {
        series: `container_cpu_usage_seconds_total{${ofNode('busy')},cpu="total",id="before a restart"}`,
        values: '900',
      },
    ],
    alert_rule_test: ['5m', '5m15s', '5m30s', '8m', '12m45s', '20m'].map((time, i) => ({
      eval_time: time,
      alertname: 'ContainerCpuNearLimit',
      exp_alerts:
        i === 0
          ? []
          : [
              firing(ruleNamed(group, 'ContainerCpuNearLimit'), labels, {
                summary: 'Container app uses all the CPU it may.',
                description:
                  'app of pod shop/busy uses 90.5 % of its limit of CPU; the bound is 90 %.',
              }),
            ],
    })),
  },
  atBoundary(group, {
    alert: 'ContainerCpuThrottled',
    series: (percent: number, pod: Subject) => [...throttled(percent, pod), ...cpu(60, pod)],
    calm: 24.9,
    busy: 25.1,
    after: 1,
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
    after: 1,
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
