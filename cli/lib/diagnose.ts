import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { CliError } from './errors';
import type { KubeClient } from './kube-client';
import { isReady } from './readiness';
import { listPods, type WorkloadStatus } from './workloads';

interface RawEvent {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string;
  readonly eventTime?: string;
}

/** Reasons that say nothing about what is wrong. */
const ORDINARY = new Set(['ContainerCreating', 'PodInitializing']);
const LOG_LINES = 3;

/** Why a pod is not ready, from its status alone; undefined when it is ready or its status does not tell. */
export function podReason(pod: V1Pod): string | undefined {
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') return scheduled.message ?? 'not scheduled';
  const statuses = [
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.containerStatuses ?? []),
  ];
  return statuses.map(containerReason).find((reason) => reason !== undefined);
}

function containerReason(status: V1ContainerStatus): string | undefined {
  const { name, ready, started, state = {} } = status;
  if (state.waiting) return waitingReason(status);
  if (state.terminated && state.terminated.exitCode !== 0) {
    return `${name}: ended with exit code ${state.terminated.exitCode}`;
  }
  return state.running && !ready && started !== false ? `${name}: not ready yet` : undefined;
}

function waitingReason({ name, state, lastState }: V1ContainerStatus): string | undefined {
  const { reason = 'waiting', message } = state?.waiting ?? {};
  if (ORDINARY.has(reason)) return undefined;
  const failed = lastState?.terminated;
  if (!failed) return message ? `${name}: ${reason}: ${message}` : `${name}: ${reason}`;
  const why = failed.reason ? `, ${failed.reason}` : '';
  return `${name}: ${reason} (exit code ${failed.exitCode}${why})`;
}

/** One line on what a workload waits for: its pods' status, or else the newest warning about them. */
export async function briefReason(client: KubeClient, workload: WorkloadStatus): Promise<string> {
  const pods = await listPods(client, workload);
  const unready = pods.filter((pod) => !isReady(pod));
  for (const pod of unready) {
    const reason = podReason(pod) ?? (await newestWarning(client, pod));
    if (reason) return firstLine(reason);
  }
  return pods.length === 0 ? 'no pod yet' : 'starting';
}

/** Restarts after which a crash loop is no waiting for something else any more (a good minute of trying). */
const LASTING_RESTARTS = 4;

/** A container of the workload starts and crashes, again and again. */
export async function isCrashLooping(
  client: KubeClient,
  workload: WorkloadStatus,
): Promise<boolean> {
  const pods = await listPods(client, workload);
  return pods
    .flatMap(({ status }) => status?.containerStatuses ?? [])
    .some(
      ({ ready, restartCount, lastState }) =>
        !ready && restartCount >= LASTING_RESTARTS && lastState?.terminated !== undefined,
    );
}

/** Everything worth knowing about a workload that does not come up: reason, newest warning, last lines of its log. */
export async function fullReason(client: KubeClient, workload: WorkloadStatus): Promise<string[]> {
  const pods = await listPods(client, workload);
  if (pods.length === 0) return ['it has no pod'];
  const pod = pods.find((each) => !isReady(each)) ?? pods[0];
  if (!pod) return [];
  const warning = await newestWarning(client, pod);
  const lines = [podReason(pod), warning && `event: ${firstLine(warning)}`];
  return [...lines.filter((line) => line !== undefined), ...(await logTail(client, pod))];
}

async function newestWarning(client: KubeClient, pod: V1Pod): Promise<string | undefined> {
  const { namespace = '', name = '' } = pod.metadata ?? {};
  const query = `fieldSelector=${encodeURIComponent(`involvedObject.name=${name},type=Warning`)}`;
  const all = await client.list<RawEvent>(`/api/v1/namespaces/${namespace}/events?${query}`);
  // What kept a pod from a node says nothing any more once it has one.
  const events = all.filter(({ reason }) => !pod.spec?.nodeName || reason !== 'FailedScheduling');
  const time = ({ lastTimestamp, eventTime }: RawEvent): string => lastTimestamp ?? eventTime ?? '';
  const newest = events.sort((a, b) => (time(a) < time(b) ? -1 : 1)).at(-1);
  return newest && `${newest.reason ?? 'Warning'}: ${newest.message ?? ''}`;
}

/** The last lines of the container that is not ready, of its previous life when it has none now. */
async function logTail(client: KubeClient, pod: V1Pod): Promise<string[]> {
  const statuses = pod.status?.containerStatuses ?? [];
  const container = statuses.find(({ ready }) => !ready) ?? statuses[0];
  const life = container && lifeOf(container);
  if (!life) return [];
  const query = `container=${container.name}&tailLines=${LOG_LINES}&previous=${life === 'previous'}`;
  try {
    const text = await client.text(`${podPath(pod)}/log?${query}`);
    const lines = text.split('\n').filter(Boolean);
    return lines.map((line) => `log: ${line.slice(0, 300)}`);
  } catch (error) {
    // The kubelet may be the very thing that is down; the rest of the diagnosis still helps.
    return [`log: cannot be read: ${error instanceof CliError ? error.message : String(error)}`];
  }
}

function lifeOf({ state, lastState }: V1ContainerStatus): 'current' | 'previous' | undefined {
  if (state?.running) return 'current';
  return lastState?.terminated ? 'previous' : undefined;
}

const podPath = ({ metadata }: V1Pod): string =>
  `/api/v1/namespaces/${metadata?.namespace}/pods/${metadata?.name}`;

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').slice(0, 200);
