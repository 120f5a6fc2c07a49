import { containers } from '../../../../constructs/prometheus/rules/containers';
import { parseSettings } from '../../../../constructs/settings';
import {
  NODE,
  cadvisor,
  known,
  labelsOf,
  of,
  ofNode,
  podOf,
  seen,
  seenUntil,
  terminated,
  waiting,
} from '../../../support/container-series';
import { describeRules, firing, ruleNamed } from '../../../support/rule-tests';

const all = containers(parseSettings({}));
const rule = ruleNamed(all, 'ContainerStopped');
const group = { ...all, rules: [rule] };

const stopped = (pod: string) =>
  firing(rule, labelsOf(pod), {
    summary: 'Container app has stopped.',
    description: `app of pod shop/${pod} on worker has not been running for 1m.`,
  });

describeRules(group, [
  {
    name: 'ContainerStopped: 1 minute after cAdvisor has not seen a container of a running pod for two scrapes',
    interval: '15s',
    input_series: [
      ...cadvisor('1x200'),
      ...['well', 'gone', 'moved', 'deleting', 'looping', 'init', 'done'].flatMap((pod) =>
        known(pod),
      ),
      ...seen('well', seenUntil(3000)),
      ...seen('gone', seenUntil(180)),
      // Its pod is no more.
      ...known('deleted', { values: '1x13 stale' }),
      ...seen('deleted', seenUntil(180)),
      // Its pod is about to be no more.
      ...seen('deleting', seenUntil(180)),
      { series: `kube_pod_deletion_timestamp{${podOf('deleting')}}`, values: '210x200' },
      // A pod of a StatefulSet, made anew under its old name.
      ...known('new', { phase: 'Pending' }),
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
      // It ended as it should, beside others that go on.
      ...seen('done', seenUntil(180)),
      ...terminated('done', 'Completed', '_x13 1x100'),
      // It was on another node before.
      ...cadvisor('1x200', 'other'),
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
      ...known('gone'),
      ...seen('gone', seenUntil(180)),
      ...terminated('gone', 'Error', '_x12 1x100'),
    ],
    alert_rule_test: [
      { eval_time: '4m15s', alertname: 'ContainerStopped', exp_alerts: [stopped('gone')] },
      { eval_time: '20m', alertname: 'ContainerStopped', exp_alerts: [stopped('gone')] },
    ],
  },
]);
