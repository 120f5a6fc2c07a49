import type { V1Node } from '@kubernetes/client-node';
import { poll } from './async';
import type { KubeClient } from './kube-client';
import { isReady } from './readiness';

/** The nodes of the cluster, in the order of their names. */
export async function listNodes(client: KubeClient): Promise<V1Node[]> {
  const nodes = await client.list<V1Node>('/api/v1/nodes');
  return nodes.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

export const nameOf = ({ metadata }: V1Node): string => metadata?.name ?? '';

export const isControlPlane = ({ metadata }: V1Node): boolean =>
  metadata?.labels?.['node-role.kubernetes.io/control-plane'] !== undefined;

/** Its address in the cluster's network; kubelet tells it with its first heartbeat. */
export const internalAddress = ({ status }: V1Node): string | undefined =>
  status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;

export interface WaitForNodesOptions {
  /** How many there will be. */
  readonly count: number;
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
  /** @default 60 s: those of kind take 5 to 10 s */
  readonly timeoutMs?: number;
}

/**
 * Waits until every node of a new cluster takes pods; the first one would get them all, whatever the roles of the
 * others. A node that stays away is no error here: nothing needs a certain one.
 */
export async function waitForNodes(
  client: KubeClient,
  { count, signal, report, timeoutMs = 60_000 }: WaitForNodesOptions,
): Promise<void> {
  let said = '';
  await poll(
    async () => {
      const ready = (await listNodes(client)).filter(takesPods).length;
      if (ready >= count) return true;
      const line = `${ready} of ${count} nodes ready`;
      if (line !== said) report(line);
      said = line;
      return undefined;
    },
    { signal, intervalMs: 250, timeoutMs },
  );
}

/** The control plane takes its taint from a new node a moment after kubelet has called it ready. */
const takesPods = (node: V1Node): boolean =>
  isReady(node) && !node.spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/not-ready');
