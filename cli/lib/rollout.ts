import type { KubernetesObject } from '@kubernetes/client-node';
import { poll } from './async';
import { briefReason, fullReason } from './diagnose';
import { CliError } from './errors';
import type { KubeClient } from './kube-client';
import { listWorkloads, type WorkloadStatus } from './workloads';

export interface RolloutOptions {
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeoutMs: number;
  readonly report: (line: string) => void;
}

const INTERVAL_MS = 400;
/** Polls between two questions for reasons, which cost a few requests each. */
const REASON_EVERY = 5;
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
  let pending: WorkloadStatus[] = [];
  let round = 0;
  const done = await poll(
    async () => {
      const found = new Map((await listWorkloads(client)).map((each) => [statusKey(each), each]));
      const missing = wanted.filter((key) => !found.has(key));
      if (missing.length > 0)
        throw new CliError(`${missing.join(', ')}: deleted while it was being waited for`);
      pending = wanted
        .map((key) => found.get(key))
        .filter((each) => each?.isRolledOut === false) as WorkloadStatus[];
      if (pending.length === 0) return true;
      if (round++ % REASON_EVERY === 0) options.report(await waitingLine(client, pending));
      return undefined;
    },
    { ...options, intervalMs: INTERVAL_MS },
  );
  if (!done) throw new CliError(await explainPending(client, pending, options.timeoutMs));
  return wanted.length;
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
  timeoutMs: number,
): Promise<string> {
  const blocks = await Promise.all(
    pending.map(async (workload) => {
      const head = `${workload.namespace}/${workload.name}: ${workload.ready} of ${workload.desired} ready after ${timeoutMs / 1000} s`;
      return [head, ...(await fullReason(client, workload)).map((line) => `  ${line}`)];
    }),
  );
  return blocks.flat().join('\n');
}
