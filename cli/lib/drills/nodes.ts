import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { selectorOf } from '../../../constructs/kubernetes/labels';
import type { Component } from '../../../constructs/topology';
import { engine } from '../docker';
import { CommandError, run } from '../exec';
import { isControlPlane, listNodes, nameOf } from '../nodes';
import { matches } from '../passage';
import { isReady } from '../readiness';
import type { Scene } from './drill';
import { NAMESPACE } from './pods';

/**
 * Whether a node is a container of kind on this machine. The name alone could belong to two clusters; the id of the
 * machine cannot.
 */
export async function isKindContainer(node: V1Node, signal: AbortSignal): Promise<boolean> {
  const id = node.status?.nodeInfo?.machineID;
  if (id === undefined) return false;
  try {
    return (await onContainer(nameOf(node), ['cat', '/etc/machine-id'], signal)).trim() === id;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

/** Runs a program in the container that is a node. @throws CommandError */
export const onContainer = (node: string, args: string[], signal: AbortSignal): Promise<string> =>
  run(engine(), ['exec', node, ...args], { signal });

/**
 * A worker that may be stopped: a container of kind on this machine, on which nothing runs but what runs on every node,
 * and Apache.
 *
 * @returns its name; undefined where there is none.
 */
export async function findSpareNode({
  client,
  topology,
  signal,
}: Pick<Scene, 'client' | 'topology' | 'signal'>): Promise<string | undefined> {
  const apache = topology.component('apache');
  const [nodes, pods] = await Promise.all([listNodes(client), client.list<V1Pod>('/api/v1/pods')]);
  const inUse = new Set(
    pods.filter((pod) => isMissed(pod, apache)).map(({ spec }) => spec?.nodeName),
  );
  for (const node of nodes) {
    const isSpare = !isControlPlane(node) && isReady(node) && !inUse.has(nameOf(node));
    if (isSpare && (await isKindContainer(node, signal))) return nameOf(node);
  }
  return undefined;
}

/** Whether someone would miss a pod if its node stopped. */
function isMissed({ metadata = {}, status }: V1Pod, apache: Component): boolean {
  const { namespace, labels = {}, ownerReferences = [] } = metadata;
  const isOver = ['Succeeded', 'Failed'].includes(status?.phase ?? '');
  const isOnEveryNode = ownerReferences.some(({ kind }) => ['DaemonSet', 'Node'].includes(kind));
  const isApache = namespace === apache.namespace && matches(labels, selectorOf(apache));
  return !isOver && !isOnEveryNode && !isApache && namespace !== NAMESPACE;
}
