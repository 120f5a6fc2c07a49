import { ROLE_LABEL } from '../../constructs/kubernetes/labels';
import type { Settings } from '../../constructs/settings';
import { buildTopology } from '../../constructs/topology';
import { certificateStatus, isBad, type CertificateStatus } from './certificates';
import { CliError } from './errors';
import type { KubeClient } from './kube-client';
import { LokiApi } from './loki-api';
import { listNodes, nameOf } from './nodes';
import { PrometheusApi, type ActiveAlert } from './prometheus-api';
import { isReady } from './readiness';
import { briefly, judgeTargets, type Verdict } from './targets';
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

/** Collects everything; what cannot be asked is a problem in the answer, not an error. */
export async function readStatus(
  client: KubeClient,
  settings: Settings,
  signal: AbortSignal,
): Promise<Status> {
  const topology = buildTopology(settings);
  const [nodes, components, certificates, metrics, logs] = await Promise.all([
    readNodes(client),
    readComponents(client),
    certificateStatus(client, topology.plan),
    answerOf(PrometheusApi.open(client, signal), signal, async (prometheus) => ({
      targets: await prometheus.targets(),
      alerts: await prometheus.activeAlerts(),
    })),
    answerOf(LokiApi.open(client, signal), signal, (loki) => loki.activeAlerts()),
  ]);
  const targets = metrics.answer && judgeTargets(topology.scrapeJobs, metrics.answer.targets);
  const alerts = [...(metrics.answer?.alerts ?? []), ...(logs.answer ?? [])].filter(
    ({ state }) => state === 'firing',
  );
  const expected = topology.components.map(({ namespace, name }) => `${namespace}/${name}`);
  const problems = [
    ...nodes.filter(({ ready }) => !ready).map(({ name }) => `node ${name} is not ready`),
    ...componentProblems(expected, components),
    ...certificates
      .filter(isBad)
      .map(({ component }) => `certificate of ${component} is missing or expired`),
    // Without a technician's certificate neither can be asked, for the same reason.
    ...new Set([...metrics.problems, ...logs.problems]),
    ...briefly(targets?.problems ?? []),
    ...alerts.map(({ name, summary }) => `alert ${name}: ${summary}`),
  ];
  return {
    ok: problems.length === 0,
    context: client.kubeConfig.getCurrentContext(),
    problems,
    nodes,
    components,
    targets: targets?.jobs ?? [],
    certificates,
    alerts,
  };
}

async function readNodes(client: KubeClient): Promise<NodeStatus[]> {
  const nodes = await listNodes(client);
  return nodes.map((node) => ({
    name: nameOf(node),
    ready: isReady(node),
    role: node.metadata?.labels?.[ROLE_LABEL] ?? '',
    version: node.status?.nodeInfo?.kubeletVersion ?? '',
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

/** What a server says, or why it cannot be asked. */
interface Asked<Answer> {
  readonly answer?: Answer;
  readonly problems: readonly string[];
}

async function answerOf<Api extends { readonly close: () => void }, Answer>(
  opening: Promise<Api>,
  signal: AbortSignal,
  ask: (api: Api) => Promise<Answer>,
): Promise<Asked<Answer>> {
  let api: Api | undefined;
  try {
    api = await opening;
    return { answer: await ask(api), problems: [] };
  } catch (error) {
    if (!(error instanceof CliError) || signal.aborted) throw error;
    return { problems: [error.message] };
  } finally {
    api?.close();
  }
}
