import type { V1Node } from '@kubernetes/client-node';
import type { KubeClient } from './kube-client';

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
