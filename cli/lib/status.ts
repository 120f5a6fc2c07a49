import { ROLE_LABEL } from '../../constructs/kubernetes/labels';
import { loadSettings, type Settings } from '../../constructs/settings';
import { buildTopology } from '../../constructs/topology';
import { certificateStatus, isBad, type CertificateStatus } from './certificates';
import { withClient } from './cluster';
import { AlreadyReported, CliError } from './errors';
import type { KubeClient } from './kube-client';
import { PrometheusApi, type ActiveAlert } from './prometheus-api';
import type { Session } from './session';
import { renderStatus } from './status-text';
import { judgeTargets, type Verdict } from './targets';
import { listPods, listWorkloads, type WorkloadStatus } from './workloads';

export interface NodeStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly role: string;
  readonly version: string;
}

export interface ComponentStatus {
  readonly name: string;
  readonly namespace: string;
  readonly ready: number;
  readonly desired: number;
  readonly ok: boolean;
  readonly restarts: number;
  readonly nodes: readonly string[];
}

export interface Status {
  readonly ok: boolean;
  readonly context: string;
  readonly problems: readonly string[];
  readonly nodes: readonly NodeStatus[];
  readonly components: readonly ComponentStatus[];
  readonly targets: Verdict['jobs'];
  readonly certificates: readonly CertificateStatus[];
  readonly alerts: readonly ActiveAlert[];
}

/** Prints one screen on how everything is; exit code 1 when something is not well. */
export async function status(session: Session, context?: string): Promise<void> {
  const settings = loadSettings();
  await withClient(session, settings, context, async (client) => {
    const found = await readStatus(client, settings, session.signal);
    session.output.result(renderStatus(found, session.output), found);
    if (!found.ok) throw new AlreadyReported('something is not well');
  });
}

/** Collects everything; what cannot be asked is a problem in the answer, not an error. */
export async function readStatus(
  client: KubeClient,
  settings: Settings,
  signal: AbortSignal,
): Promise<Status> {
  const topology = buildTopology(settings);
  const jobs = topology.scrapeJobs.map(({ name }) => name);
  const [nodes, components, certificates, metrics] = await Promise.all([
    readNodes(client),
    readComponents(client),
    certificateStatus(client, topology.plan),
    readMetrics(client, jobs, signal),
  ]);
  const expected = topology.components.map(({ namespace, name }) => `${namespace}/${name}`);
  const problems = [
    ...nodes.filter(({ ready }) => !ready).map(({ name }) => `node ${name} is not ready`),
    ...componentProblems(expected, components),
    ...certificates
      .filter(isBad)
      .map(({ component }) => `certificate of ${component} is missing or expired`),
    ...metrics.problems,
    ...metrics.alerts.map(({ name, summary }) => `alert ${name}: ${summary}`),
  ];
  return {
    ok: problems.length === 0,
    context: client.kubeConfig.getCurrentContext(),
    problems,
    nodes,
    components,
    targets: metrics.jobs,
    certificates,
    alerts: metrics.alerts,
  };
}

/** Fields of a Node that the API server always fills in. */
interface RawNode {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly nodeInfo: { readonly kubeletVersion: string };
  };
}

async function readNodes(client: KubeClient): Promise<NodeStatus[]> {
  const nodes = await client.list<RawNode>('/api/v1/nodes');
  return nodes.map(({ metadata, status: { conditions, nodeInfo } }) => ({
    name: metadata.name,
    ready: conditions?.find(({ type }) => type === 'Ready')?.status === 'True',
    role: metadata.labels[ROLE_LABEL] ?? '',
    version: nodeInfo.kubeletVersion,
  }));
}

async function readComponents(client: KubeClient): Promise<ComponentStatus[]> {
  const workloads = await listWorkloads(client);
  return Promise.all(workloads.map((workload) => componentStatus(client, workload)));
}

async function componentStatus(
  client: KubeClient,
  workload: WorkloadStatus,
): Promise<ComponentStatus> {
  const pods = await listPods(client, workload);
  const restarts = pods
    .flatMap(({ status: state }) => state?.containerStatuses ?? [])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  const nodes = [...new Set(pods.map(({ spec }) => spec?.nodeName ?? ''))].filter(Boolean).sort();
  const { name, namespace, ready, desired, isRolledOut } = workload;
  return { name, namespace, ready, desired, ok: isRolledOut, restarts, nodes };
}

function componentProblems(
  expected: readonly string[],
  found: readonly ComponentStatus[],
): string[] {
  const names = new Set(found.map(({ namespace, name }) => `${namespace}/${name}`));
  const missing = expected
    .filter((name) => !names.has(name))
    .map((name) => `${name} is not installed`);
  const unready = found
    .filter(({ ok }) => !ok)
    .map(
      ({ namespace, name, ready, desired }) => `${namespace}/${name}: ${ready} of ${desired} ready`,
    );
  return [...missing, ...unready];
}

interface Metrics {
  readonly jobs: Verdict['jobs'];
  readonly alerts: readonly ActiveAlert[];
  readonly problems: readonly string[];
}

async function readMetrics(
  client: KubeClient,
  expected: readonly string[],
  signal: AbortSignal,
): Promise<Metrics> {
  let prometheus: PrometheusApi | undefined;
  try {
    prometheus = await PrometheusApi.open(client, signal);
    const [targets, active] = await Promise.all([prometheus.targets(), prometheus.activeAlerts()]);
    const alerts = active.filter(({ state }) => state === 'firing');
    const { jobs, problems } = judgeTargets(expected, targets);
    return { jobs, alerts, problems: problems.map(({ text }) => text) };
  } catch (error) {
    if (!(error instanceof CliError) || signal.aborted) throw error;
    return { jobs: [], alerts: [], problems: [error.message] };
  } finally {
    prometheus?.close();
  }
}
