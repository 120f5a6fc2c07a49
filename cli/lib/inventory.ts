import type { KubernetesObject } from '@kubernetes/client-node';
import { PART_OF } from '../../constructs/kubernetes/labels';
import { AUTHORITY } from '../../constructs/topology';
import { refOf, type KubeClient, type ObjectRef } from './kube-client';

/** The record, in the cluster, of what `up` applied: what leaves the manifests is pruned from it, `down` deletes it. */
export const INVENTORY_NAME = 'vigil-inventory';
const KEY = 'objects';

/** One object as a line: `apps/v1|Deployment|monitoring|grafana`. */
export const toLine = ({ apiVersion, kind, namespace, name }: ObjectRef): string =>
  [apiVersion, kind, namespace ?? '', name].join('|');

/** Undefined for a line that nothing of ours wrote. */
export function fromLine(line: string): ObjectRef | undefined {
  const [apiVersion, kind, namespace, name, ...rest] = line.split('|');
  if (!apiVersion || !kind || !name || rest.length > 0) return undefined;
  return { apiVersion, kind, namespace: namespace || undefined, name };
}

/** The same object, whichever version of its API was used. */
const identity = ({ apiVersion, kind, namespace, name }: ObjectRef): string =>
  [apiVersion.includes('/') ? apiVersion.split('/')[0] : '', kind, namespace ?? '', name].join('|');

/** Objects of either list, once each, in a fixed order; the first list's version of the API counts. */
export function union(first: readonly ObjectRef[], second: readonly ObjectRef[]): ObjectRef[] {
  const all = new Map([...second, ...first].map((ref) => [identity(ref), ref]));
  return [...all.values()].sort((a, b) => (toLine(a) < toLine(b) ? -1 : 1));
}

/** Objects of the first list that are not in the second. */
export function difference(first: readonly ObjectRef[], second: readonly ObjectRef[]): ObjectRef[] {
  const others = new Set(second.map(identity));
  return first.filter((ref) => !others.has(identity(ref)));
}

/** The inventory as an object to apply. */
export function inventoryObject(refs: readonly ObjectRef[]): KubernetesObject & { data: object } {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      namespace: AUTHORITY.namespace,
      name: INVENTORY_NAME,
      labels: { ...PART_OF, 'app.kubernetes.io/name': INVENTORY_NAME },
    },
    data: { [KEY]: `${union(refs, []).map(toLine).join('\n')}\n` },
  };
}

/** What earlier runs applied; empty when there was none. */
export async function readInventory(client: KubeClient): Promise<ObjectRef[]> {
  const path = `/api/v1/namespaces/${AUTHORITY.namespace}/configmaps/${INVENTORY_NAME}`;
  const found = await client.get<{ data?: Record<string, string> }>(path);
  const lines = found?.data?.[KEY]?.split('\n') ?? [];
  return lines.map(fromLine).filter((ref) => ref !== undefined);
}

/** Writes the inventory; a write of what is there already changes nothing and is left out. */
export async function writeInventory(
  client: KubeClient,
  refs: readonly ObjectRef[],
  known: readonly ObjectRef[],
): Promise<void> {
  const object = inventoryObject(refs);
  if (JSON.stringify(object) === JSON.stringify(inventoryObject(known))) return;
  await client.apply(object);
}

export const refsOf = (objects: readonly KubernetesObject[]): ObjectRef[] => objects.map(refOf);
