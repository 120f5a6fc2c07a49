import { seconds, type Settings } from '../../settings';
import { windowOf } from './expressions';
import { CONTAINER, DELETED, OOM_KILLED, crashLooping, withNode } from './pods';
import { alert, type Alert, type AlertProps, type RuleGroup } from './rule';

/** Reasons for which an image is not to be had. */
const NO_IMAGE =
  'ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|ImageInspectError|RegistryUnavailable|SignatureValidationFailed';

/** Reasons for which a container whose image is there cannot be started. */
const NOT_STARTED = 'CreateContainerError|CreateContainerConfigError|RunContainerError';

type ContainerAlert = Omit<AlertProps, 'service' | 'category'>;

const containerAlert = (props: ContainerAlert): Alert =>
  alert({ ...props, service: '{{ $labels.container }}', category: 'container' });

const WHICH = '{{ $labels.container }} of pod {{ $labels.namespace }}/{{ $labels.pod }}';

/** Every second one at the least brings a new sample of cAdvisor, which looks at a container every 15 to 30 seconds. */
const SCRAPES = 4;

/** Containers that do not run, and those that are short of what they may use. */
export function containers({ prometheus, thresholds }: Settings): RuleGroup {
  const { stoppedFor, cpu, throttled, memory } = thresholds.containers;
  const usage = cpuOfLimit(windowOf('1m', SCRAPES, prometheus), seconds(prometheus.scrapeInterval));
  return {
    name: 'containers',
    rules: [
      stopped(stoppedFor, seconds(prometheus.scrapeInterval)),
      CRASH_LOOPING,
      KILLED,
      IMAGE_PULL_FAILING,
      cpuNearLimit(usage, cpu),
      cpuThrottled(usage, throttled),
      memoryNearLimit(memory),
    ],
  };
}

/**
 * cAdvisor stamps its samples itself, so that Prometheus shows a container for 5 minutes after it has gone: only the
 * time in the sample tells. Two scrapes may pass until it counts as gone. A container of a pod that is not running yet
 * bears the name of one before it, and a silent cAdvisor has seen nothing at all.
 */
const unseen = (scrapeInterval: number): string => `(
  time() - max by (${CONTAINER}, node) (max_over_time(container_last_seen{container!=""}[15m])) > ${2 * scrapeInterval}
  and on (node) up{job="cadvisor"} == 1
  and on (namespace, pod, node) kube_pod_info
  and on (namespace, pod) kube_pod_status_phase{phase="Running"} == 1
  and on (${CONTAINER}) kube_pod_container_info
  unless on (${CONTAINER}) kube_pod_container_status_terminated_reason{reason="Completed"}
)`;

/** A pod that failed is replaced by its owner; only one that has none is missed. */
const SHOULD_RUN = `(
  kube_pod_status_phase{phase=~"Pending|Running"} == 1
  or kube_pod_status_phase{phase="Failed"} == 1 and on (namespace, pod) kube_pod_owner{owner_kind=""}
)`;

const NOT_RUNNING = withNode(`max by (${CONTAINER}) (
  kube_pod_container_status_terminated_reason{reason!="Completed"}
  or kube_pod_container_status_waiting_reason{reason=~"${NOT_STARTED}"}
) and on (namespace, pod) ${SHOULD_RUN}`);

/** Two witnesses and one alert: what kubelet says, and for when it errs or is late, what cAdvisor sees. */
const stopped = (stoppedFor: string, scrapeInterval: number): Alert =>
  containerAlert({
    name: 'ContainerStopped',
    expr: `(${NOT_RUNNING}
or
${unseen(scrapeInterval)})
unless on (namespace, pod) ${DELETED}
unless on (${CONTAINER}) ${crashLooping()}`,
    for: stoppedFor,
    severity: 'critical',
    summary: 'Container {{ $labels.container }} has stopped.',
    description: `${WHICH} on {{ $labels.node }} has not been running for ${stoppedFor}.`,
  });

/** kubelet forgives a container that ran for 10 minutes; so do we. */
const CRASH_LOOPING = containerAlert({
  name: 'ContainerCrashLooping',
  expr: `${withNode(
    `max by (${CONTAINER}) (
  kube_pod_container_status_restarts_total - min_over_time(kube_pod_container_status_restarts_total[1h])
) and on (${CONTAINER}) ${crashLooping('10m')}`,
  )} > 3`,
  for: '1m',
  severity: 'critical',
  summary: 'Container {{ $labels.container }} crashes again and again.',
  description: `${WHICH} on {{ $labels.node }} was started {{ $value }} times again within an hour.`,
});

const KILLED = containerAlert({
  name: 'ContainerOomKilled',
  expr: withNode(OOM_KILLED),
  for: '0s',
  severity: 'warning',
  summary: 'Container {{ $labels.container }} ran out of memory.',
  description: `${WHICH} on {{ $labels.node }} was killed within the last 10 minutes, for it met its limit of memory.`,
});

const IMAGE_PULL_FAILING = containerAlert({
  name: 'ImagePullFailing',
  expr: withNode(
    `max by (${CONTAINER}) (kube_pod_container_status_waiting_reason{reason=~"${NO_IMAGE}"})`,
  ),
  for: '2m',
  severity: 'warning',
  summary: 'The image of {{ $labels.container }} is not to be had.',
  description: `${WHICH} has waited for its image on {{ $labels.node }} for 2 minutes, and pulling it fails.`,
});

/** Usage by container, in percent of its limit; a container without a limit has none. */
const ofLimit = (usage: string, resource: 'cpu' | 'memory'): string =>
  `100 * ${usage}
/ on (${CONTAINER}) group_left ()
max by (${CONTAINER}) (kube_pod_container_resource_limits{resource="${resource}"})`;

/**
 * CPU by container, in percent of its limit: what was used between two samples, by the time between them. A rate would
 * extrapolate to its whole window from samples that come 15 to 30 seconds apart, and be a seventh too low once in a
 * while: no ground for a `for`. The maximum leaves out what a container was before it was started anew, which is shown
 * for 5 minutes and is nothing in no time.
 *
 * @param window seconds over which the usage is averaged, from the first sample in it to the last.
 * @param step seconds between two scrapes.
 */
function cpuOfLimit(window: number, step: number): string {
  const used = 'container_cpu_usage_seconds_total{container!=""}';
  const first = (what: string): string => `min_over_time(${what}[${window}s:${step}s])`;
  const time = `timestamp(${used})`;
  return ofLimit(
    `max by (${CONTAINER}, node) ((${used} - ${first(used)})\n/ (${time} - ${first(time)}))`,
    'cpu',
  );
}

const cpuNearLimit = (usage: string, bound: number): Alert =>
  containerAlert({
    name: 'ContainerCpuNearLimit',
    expr: `${usage}\n> ${bound}`,
    for: '5m',
    severity: 'warning',
    summary: 'Container {{ $labels.container }} uses all the CPU it may.',
    description: `${WHICH} uses {{ $value | printf "%.1f" }} % of its limit of CPU; the bound is ${bound} %.`,
  });

/**
 * Only periods in which a container wanted to run are counted, so that one that rarely does is soon throttled in most of
 * them and is none the worse for it: it must use half of what it may as well.
 */
const cpuThrottled = (usage: string, bound: number): Alert =>
  containerAlert({
    name: 'ContainerCpuThrottled',
    expr: `100 * sum by (${CONTAINER}, node) (rate(container_cpu_cfs_throttled_periods_total{container!=""}[5m]))
/ sum by (${CONTAINER}, node) (rate(container_cpu_cfs_periods_total{container!=""}[5m]))
> ${bound}
and ${usage}
> 50`,
    for: '10m',
    severity: 'warning',
    summary: 'Container {{ $labels.container }} is throttled.',
    description: `${WHICH} was held back in {{ $value | printf "%.1f" }} % of the periods in which it ran; the bound is ${bound} %.`,
  });

const memoryNearLimit = (bound: number): Alert =>
  containerAlert({
    name: 'ContainerMemoryNearLimit',
    expr: `${ofLimit(
      `max by (${CONTAINER}, node) (container_memory_working_set_bytes{container!=""})`,
      'memory',
    )}\n> ${bound}`,
    for: '5m',
    severity: 'warning',
    summary: 'Container {{ $labels.container }} uses almost all the memory it may.',
    description: `${WHICH} holds {{ $value | printf "%.1f" }} % of its limit of memory; the bound is ${bound} %.`,
  });
