import type { V1StatefulSet } from '@kubernetes/client-node';
import { pause, poll } from '../../../cli/lib/async';
import { KubeClient, type ObjectRef } from '../../../cli/lib/kube-client';
import { nanoseconds } from '../../../cli/lib/loki-api';
import type { Session } from '../../../cli/lib/session';
import { until, withStack, type Stack } from '../cluster';
import type { Figure } from '../figures';
import { arrivalFigures, secondsFigure } from './arrival';
import { withLoki } from './loki';
import { awaitLines, hasLines, type Arrival, type Expected, type Lines } from './read';
import { podOf } from './usage';
import { withWriter, type Written } from './writer-pod';

export interface OutageOptions {
  /** How long Loki is away. */
  readonly awaySeconds: number;
  /** Lines that the pod writes in each second, before, meanwhile and afterwards. */
  readonly perSecond: number;
  /** Ends the log agent of a node. @default its pod is deleted */
  readonly endAgent?: (node: string) => Promise<void>;
}

export interface Outage {
  readonly written: Written;
  readonly arrival: Arrival;
  /** When Loki was ready again, in milliseconds since the Unix epoch. */
  readonly backAt: number;
  /** When lines could be found again as they are written; undefined when not before the last one. */
  readonly caughtUpAt?: number;
}

/** Seconds that are written before Loki goes. */
const BEFORE = 15;
/** Seconds that Loki may take to go, and to be ready again; the pod writes on for as long. */
const PATIENCE = 60;
/** An agent waits longer between its attempts, the longer Loki is away. */
const CATCH_UP_MS = 300_000;
/** Lines of the last seconds are there: nothing older is on its way any more. */
const CURRENT_MS = 5000;

/** Loki away while a pod writes, and Alloy's pod on its node deleted meanwhile. */
export const measureOutage = (
  session: Session,
  { context, ...options }: OutageOptions & { readonly context?: string },
): Promise<Figure[]> =>
  withStack(session, context, async (stack) => {
    const { written, arrival, backAt, caughtUpAt } = await sufferOutage(stack, options);
    return [
      { what: 'Loki away', value: options.awaySeconds / 60, unit: 'min', digits: 1 },
      ...arrivalFigures(arrival, written.lines),
      ...secondsFigure('Loki ready again to all caught up', backAt, caughtUpAt),
    ];
  });

/**
 * Takes Loki away while a pod writes, ends the log agent of the pod's node in the middle of it, and looks which lines
 * are there in the end. Loki comes back in any case.
 */
export const sufferOutage = (
  stack: Stack,
  { awaySeconds, perSecond, endAgent = (node) => deleteAgent(stack, node) }: OutageOptions,
): Promise<Outage> => {
  const lines = (BEFORE + awaySeconds + PATIENCE) * perSecond;
  return withWriter(stack, { lines, perSecond }, async (writer) => {
    const { signal } = stack;
    await pause(BEFORE * 1000, signal);
    await withoutLoki(stack, async () => {
      await pause((awaySeconds / 2) * 1000, signal);
      await endAgent(writer.node);
      await pause((awaySeconds / 2) * 1000, signal);
    });
    const backAt = Date.now();
    const { expected } = writer;
    return withLoki(stack, async (loki) => {
      const [caughtUpAt, written] = await Promise.all([
        catchUp(loki, expected, signal),
        writer.finished(),
      ]);
      const arrival = await awaitLines(loki, expected, { timeoutMs: CATCH_UP_MS, signal });
      return { written, arrival, backAt, caughtUpAt };
    });
  });
};

/** When a line could be found that was written just before. */
const catchUp = (
  loki: Lines,
  { expression }: Expected,
  signal: AbortSignal,
): Promise<number | undefined> =>
  poll(
    async () => {
      const now = Date.now();
      const isThere = await hasLines(loki, expression, nanoseconds(now - CURRENT_MS), signal);
      return isThere ? now : undefined;
    },
    { signal, intervalMs: 1000, timeoutMs: CATCH_UP_MS },
  );

/** Works while Loki has no pod, and waits until it is ready again. */
async function withoutLoki(stack: Stack, work: () => Promise<void>): Promise<void> {
  const { client, topology, signal } = stack;
  const { kind, namespace, name } = topology.component('loki').workloadRef;
  const ref = { apiVersion: 'apps/v1', kind, namespace, name };
  const path = `/apis/apps/v1/namespaces/${namespace}/statefulsets/${name}`;
  const status = async (): Promise<V1StatefulSet['status']> =>
    (await client.get<V1StatefulSet>(path))?.status;
  try {
    await client.merge(ref, { spec: { replicas: 0 } });
    await until('Loki is gone', PATIENCE, signal, async () => (await status())?.replicas === 0);
    await work();
  } finally {
    await bringBack(stack, ref);
  }
  await until('Loki is ready', PATIENCE, signal, async () => (await status())?.readyReplicas === 1);
}

/** With a client of its own: an interruption must not leave the cluster without Loki. */
async function bringBack({ client }: Stack, ref: ObjectRef): Promise<void> {
  const own = new KubeClient(client.kubeConfig, new AbortController().signal);
  try {
    await own.merge(ref, { spec: { replicas: 1 } });
  } finally {
    own.close();
  }
}

async function deleteAgent(stack: Stack, node: string): Promise<void> {
  const alloy = stack.topology.component('alloy');
  const name = await podOf(stack, alloy, node);
  await stack.client.delete({ apiVersion: 'v1', kind: 'Pod', namespace: alloy.namespace, name });
}
