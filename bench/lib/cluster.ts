import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { V1Pod } from '@kubernetes/client-node';
import { withClient } from '../../cli/lib/cluster';
import { CliError, UsageError } from '../../cli/lib/errors';
import { PART_OF } from '../../constructs/kubernetes/labels';
import type { KubeClient } from '../../cli/lib/kube-client';
import { PrometheusApi } from '../../cli/lib/prometheus-api';
import type { Session } from '../../cli/lib/session';
import { poll } from '../../cli/lib/async';
import { judgeTargets } from '../../cli/lib/targets';
import { loadSettings, type Settings } from '../../constructs/settings';
import { buildTopology, type Topology } from '../../constructs/topology';

/** A cluster on which Vigil runs. */
export interface Stack {
  readonly client: KubeClient;
  readonly settings: Settings;
  readonly topology: Topology;
  readonly signal: AbortSignal;
}

/**
 * The options of a bench.
 *
 * @throws UsageError naming the option that is not known.
 */
export function readOptions<T extends NonNullable<ParseArgsConfig['options']>>(
  options: T,
): ReturnType<typeof parseArgs<{ options: T }>>['values'] {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** `--context`: the cluster to measure. */
export const CONTEXT = { context: { type: 'string' } } as const;

/** Works on the cluster of a context, or on the kind cluster of the settings, and lets go of it afterwards. */
export async function withStack<T>(
  session: Session,
  context: string | undefined,
  work: (stack: Stack) => Promise<T>,
): Promise<T> {
  const settings = loadSettings();
  const { signal } = session;
  return withClient(session, settings, context, (client) =>
    work({ client, settings, topology: buildTopology(settings), signal }),
  );
}

/** Asks Prometheus, and closes the way to it afterwards. */
export async function withPrometheus<T>(
  { client, signal }: Stack,
  work: (prometheus: PrometheusApi) => Promise<T>,
): Promise<T> {
  const prometheus = await PrometheusApi.open(client, signal);
  try {
    return await work(prometheus);
  } finally {
    prometheus.close();
  }
}

/**
 * The number that an expression has.
 *
 * @throws CliError when it has none, or more than one.
 */
export async function numberOf(prometheus: PrometheusApi, expr: string): Promise<number> {
  const samples = await prometheus.query(expr);
  const [sample] = samples;
  if (!sample || samples.length > 1) {
    throw new CliError(`Prometheus has ${samples.length} series, not one, for: ${expr}`);
  }
  return Number(sample.value[1]);
}

/** Whether every job of the topology has targets, and all targets are up over TLS. */
export async function allTargetsUp(
  prometheus: PrometheusApi,
  { scrapeJobs }: Topology,
): Promise<boolean> {
  return judgeTargets(scrapeJobs, await prometheus.targets()).problems.length === 0;
}

/** Pods of the stack. */
export const ourPods = (client: KubeClient): Promise<V1Pod[]> =>
  client.list('/api/v1/pods', PART_OF);

/** Each pod with its restarts: equal texts before and after mean that no pod was replaced or restarted. */
export async function restartsByPod(client: KubeClient): Promise<Map<string, number>> {
  const pods = await ourPods(client);
  return new Map(
    pods.map(({ metadata, status }) => [
      metadata?.uid ?? '',
      (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0),
    ]),
  );
}

/**
 * Waits until the check holds; a check that cannot be made yet (CliError) does not hold.
 *
 * @throws CliError when it does not within the time, with the reason of the last check that could not be made.
 */
export async function until(
  what: string,
  seconds: number,
  signal: AbortSignal,
  check: () => Promise<boolean>,
): Promise<void> {
  let reason = '';
  const attempt = async (): Promise<true | undefined> => {
    try {
      return (await check()) ? true : undefined;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CliError)) throw error;
      reason = `: ${error.message}`;
      return undefined;
    }
  };
  const done = await poll(attempt, { signal, intervalMs: 250, timeoutMs: seconds * 1000 });
  if (!done) throw new CliError(`not within ${seconds} s: ${what}${reason}`);
}
