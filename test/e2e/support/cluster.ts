import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { V1Pod } from '@kubernetes/client-node';
import { kindKubeConfig } from '../../../cli/lib/cluster';
import { KubeClient } from '../../../cli/lib/kube-client';
import { LokiApi } from '../../../cli/lib/loki-api';
import { PrometheusApi } from '../../../cli/lib/prometheus-api';
import { firingFromLogs } from '../../../constructs/grafana/dashboards/alerts';
import { selectorOf } from '../../../constructs/kubernetes/labels';
import { loadSettings } from '../../../constructs/settings';
import { buildTopology, type Component } from '../../../constructs/topology';
import { environment } from './vigil';

const run = promisify(execFile);

export const settings = loadSettings(environment.VIGIL_CONFIG);
export const topology = buildTopology(settings);

const never = new AbortController().signal;

/** The API of the tests' cluster; close it when done. */
export async function connect(): Promise<KubeClient> {
  return new KubeClient(await kindKubeConfig(settings.cluster.name, never), never);
}

/** Prometheus, asked with the technician's certificate; close it when done. */
export const openPrometheus = (client: KubeClient): Promise<PrometheusApi> =>
  PrometheusApi.open(client, never);

/** Names of the alerts from logs that fired within some minutes, as dashboards mark them. */
export async function firedFromLogs(client: KubeClient, minutes: number): Promise<string[]> {
  const prometheus = await openPrometheus(client);
  const marks = await prometheus
    .query(`max_over_time((${firingFromLogs()})[${minutes}m:15s])`)
    .finally(() => prometheus.close());
  return [...new Set(marks.map(({ metric }) => metric.alertname ?? ''))];
}

/** Loki, asked with the technician's certificate; close it when done. */
export const openLoki = (client: KubeClient): Promise<LokiApi> => LokiApi.open(client, never);

/** Running pods of a component. */
export async function podsOf(client: KubeClient, component: Component): Promise<V1Pod[]> {
  const path = `/api/v1/namespaces/${component.namespace}/pods`;
  const pods = await client.list<V1Pod>(path, selectorOf(component));
  return pods.filter((pod) => pod.status?.phase === 'Running' && !pod.metadata?.deletionTimestamp);
}

/** Deletes one of the running pods of a component. */
export async function deletePod(client: KubeClient, component: Component): Promise<V1Pod> {
  const [pod] = await podsOf(client, component);
  if (!pod) throw new Error(`${component.name} has no running pod`);
  const { namespace } = component;
  const name = pod.metadata?.name ?? '';
  await client.delete({ apiVersion: 'v1', kind: 'Pod', namespace, name });
  return pod;
}

/** Runs a program on a node of the cluster. */
export async function onNode(node: string, args: string[], input?: string): Promise<string> {
  const child = run('docker', ['exec', ...(input === undefined ? [] : ['-i']), node, ...args], {
    maxBuffer: 1 << 24,
  });
  if (input !== undefined) child.child.stdin?.end(input);
  return (await child).stdout;
}

/**
 * Runs a shell script in the network of a pod, with the programs of its node. NetworkPolicies treat its packets as the
 * pod's own, although the pod's image may have no shell at all.
 */
export async function inPodNetwork(pod: V1Pod, script: string): Promise<string> {
  const node = pod.spec?.nodeName ?? '';
  const pid = await sandboxProcess(node, pod);
  return onNode(node, ['nsenter', '--target', pid, '--net', 'bash', '-s'], script);
}

/** Ends the containers of a pod on its node, as someone with access to the node would: kubelet was not asked. */
export async function killContainers(pod: V1Pod): Promise<void> {
  const node = pod.spec?.nodeName ?? '';
  const tasks = await runningTasks(node, pod, 'container');
  if (tasks.length === 0)
    throw new Error(`no container of pod ${pod.metadata?.name} runs on ${node}`);
  for (const { id } of tasks)
    await onNode(node, [...CTR, 'tasks', 'kill', '--signal', 'SIGKILL', id]);
}

const CTR = ['ctr', '--namespace', 'k8s.io'];

/** What runs of a pod: containers that have ended stay in containerd's list until kubelet takes them away. */
async function runningTasks(
  node: string,
  pod: V1Pod,
  kind: 'container' | 'sandbox',
): Promise<{ readonly id: string; readonly pid: string }[]> {
  const labels = [
    `labels."io.cri-containerd.kind"==${kind}`,
    `labels."io.kubernetes.pod.uid"=="${pod.metadata?.uid}"`,
  ].join(',');
  const containers = await onNode(node, [...CTR, 'containers', 'list', '--quiet', labels]);
  const ids = new Set(containers.split('\n'));
  const tasks = await onNode(node, [...CTR, 'tasks', 'list']);
  return tasks.split('\n').flatMap((line) => {
    const [id = '', pid = '', status] = line.trim().split(/\s+/);
    return status === 'RUNNING' && ids.has(id) ? [{ id, pid }] : [];
  });
}

async function sandboxProcess(node: string, pod: V1Pod): Promise<string> {
  const [sandbox] = await runningTasks(node, pod, 'sandbox');
  if (!sandbox) throw new Error(`no running sandbox of pod ${pod.metadata?.name} on ${node}`);
  return sandbox.pid;
}

/** Repeats until the check is true. */
export async function eventually(
  what: string,
  seconds: number,
  check: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  let reason = '';
  while (Date.now() < deadline) {
    try {
      if (await check()) return;
    } catch (error) {
      reason = error instanceof Error ? `: ${error.message}` : '';
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`not within ${seconds} s: ${what}${reason}`);
}
