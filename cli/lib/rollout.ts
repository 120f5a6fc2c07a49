import type { KubernetesObject } from '@kubernetes/client-node';
import { poll } from './async';
import { briefReason, fullReason, isCrashLooping } from './diagnose';
import { CliError } from './errors';
import type { KubeClient } from './kube-client';
import { formatSeconds } from './output';
import { listWorkloads, type WorkloadStatus } from './workloads';

export interface RolloutOptions {
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeoutMs: number;
  readonly report: (line: string) => void;
  /** Milliseconds after which waiting ends early when nothing but crash loops is left to wait for. @default 30 s */
  readonly crashLoopMs?: number;
}

const INTERVAL_MS = 400;
/** Polls between two questions for reasons, which cost a few requests each. */
const REASON_EVERY = 5;
const CRASH_LOOP_MS = 30_000;
const KINDS = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);

/**
 * Waits until every workload among the objects is rolled out, saying what it waits for.
 *
 * @returns how many workloads there are.
 * @throws CliError naming each workload that is not, with its reason, newest warning and last log lines.
 */
export async function waitForRollout(
  client: KubeClient,
  objects: readonly KubernetesObject[],
  options: RolloutOptions,
): Promise<number> {
  const wanted = objects.filter(({ kind }) => KINDS.has(kind ?? '')).map(keyOf);
  const started = Date.now();
  let pending: WorkloadStatus[] = [];
  let round = 0;
  let crashingSince: number | undefined;
  const outcome = await poll(
    async () => {
      pending = await pendingOf(client, wanted);
      if (pending.length === 0) return 'ready';
      if (round++ % REASON_EVERY !== 0) return undefined;
      options.report(await waitingLine(client, pending));
      const isHopeless = await allCrashLooping(client, pending);
      crashingSince = isHopeless ? (crashingSince ?? Date.now()) : undefined;
      const patience = options.crashLoopMs ?? CRASH_LOOP_MS;
      return isHopeless && Date.now() - (crashingSince ?? 0) >= patience ? 'hopeless' : undefined;
    },
    { ...options, intervalMs: INTERVAL_MS },
  );
  if (outcome === 'ready') return wanted.length;
  throw new CliError(await explainPending(client, pending, Date.now() - started));
}

async function pendingOf(client: KubeClient, wanted: readonly string[]): Promise<WorkloadStatus[]> {
  const found = new Map((await listWorkloads(client)).map((each) => [statusKey(each), each]));
  const missing = wanted.filter((key) => !found.has(key));
  if (missing.length > 0) {
    throw new CliError(`${missing.join(', ')}: deleted while it was being waited for`);
  }
  return wanted.flatMap((key) => found.get(key) ?? []).filter(({ isRolledOut }) => !isRolledOut);
}

async function allCrashLooping(
  client: KubeClient,
  pending: readonly WorkloadStatus[],
): Promise<boolean> {
  const each = await Promise.all(pending.map((workload) => isCrashLooping(client, workload)));
  return each.every(Boolean);
}

const keyOf = ({ kind, metadata }: KubernetesObject): string =>
  `${kind} ${metadata?.namespace}/${metadata?.name}`;

const statusKey = ({ kind, namespace, name }: WorkloadStatus): string =>
  `${kind} ${namespace}/${name}`;

async function waitingLine(
  client: KubeClient,
  pending: readonly WorkloadStatus[],
): Promise<string> {
  const [first] = pending;
  if (!first) return '';
  const others = pending.length > 1 ? ` and ${pending.length - 1} more` : '';
  const reason = await briefReason(client, first);
  return `waiting for ${first.namespace}/${first.name} ${first.ready}/${first.desired} (${reason})${others}`;
}

async function explainPending(
  client: KubeClient,
  pending: readonly WorkloadStatus[],
  waitedMs: number,
): Promise<string> {
  const blocks = await Promise.all(
    pending.map(async (workload) => {
      const head = `${workload.namespace}/${workload.name}: ${workload.ready} of ${workload.desired} ready after ${formatSeconds(waitedMs)}`;
      return [head, ...(await fullReason(client, workload)).map((line) => `  ${line}`)];
    }),
  );
  return blocks.flat().join('\n');
}
