import { AUTHORITY } from '../../constructs/topology';
import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { PART_OF } from '../../constructs/kubernetes/labels';
import { loadSettings } from '../../constructs/settings';
import { pruneAll } from './apply';
import { mapLimit, poll } from './async';
import { contextKubeConfig, findKindCluster } from './cluster';
import { CliError } from './errors';
import { INVENTORY_NAME, readInventory } from './inventory';
import { deleteKindCluster } from './kind';
import { KubeClient, type ObjectMeta, type ObjectRef } from './kube-client';
import { stateFolder } from './paths';
import { findMissingTools, refuse } from './preflight';
import { confirm } from './prompt';
import type { Session } from './session';
import { acquireLock, CreationMarker } from './state';
import { runSteps } from './steps';

export interface DownOptions {
  readonly context?: string;
  readonly yes: boolean;
}

const TERMINATION_MS = 180_000;

/** Removes what `up` made and nothing else: the kind cluster, or our objects from somebody else's cluster. */
export async function down(session: Session, options: DownOptions): Promise<void> {
  const settings = loadSettings();
  const { context } = options;
  const release = acquireLock(stateFolder(), context ?? settings.cluster.name);
  try {
    await (context === undefined
      ? deleteCluster(session, settings.cluster.name, options)
      : deleteObjects(session, context, options));
  } finally {
    release();
  }
}

async function deleteCluster(session: Session, name: string, options: DownOptions): Promise<void> {
  const { output, signal } = session;
  refuse(await findMissingTools(signal));
  const { state } = await findKindCluster(name, signal);
  if (state === 'foreign') {
    throw new CliError(
      `kind cluster '${name}' was not made by Vigil and is left alone; to remove Vigil's objects from it: vigil down --context kind-${name}`,
    );
  }
  if (state === 'absent') {
    new CreationMarker(stateFolder(), name).clear();
    output.result(`There is no cluster '${name}'; nothing to do.`, { ok: true, deleted: false });
    return;
  }
  // A half-made cluster holds nothing yet.
  const question = `Delete kind cluster '${name}' with all its data?`;
  if (state === 'ours' && !(await confirm(session, question, options.yes))) {
    output.result('Nothing was deleted.', { ok: true, deleted: false });
    return;
  }
  const run = (): Promise<void> => deleteKindCluster(name, { signal });
  await runSteps([[{ title: `Delete cluster ${name}`, run }]], output);
  new CreationMarker(stateFolder(), name).clear();
  output.result(`Cluster '${name}' is gone.`, { ok: true, deleted: true });
}

async function deleteObjects(
  session: Session,
  context: string,
  options: DownOptions,
): Promise<void> {
  const { output, signal } = session;
  const client = new KubeClient(contextKubeConfig(context), signal);
  try {
    const refs = await readInventory(client);
    const namespaces = await ownNamespaces(client);
    if (refs.length === 0 && namespaces.length === 0) {
      output.result(`There is nothing of Vigil in ${context}.`, { ok: true, deleted: false });
      return;
    }
    const volumes = await countVolumes(client, namespaces);
    const question = `Delete Vigil (${refs.length} objects, ${volumes} volume(s) with data) from ${context}?`;
    if (!(await confirm(session, question, options.yes))) {
      output.result('Nothing was deleted.', { ok: true, deleted: false });
      return;
    }
    const result = { pruned: 0, notes: [] as string[] };
    await runSteps(
      [
        [{ title: 'Delete objects', run: () => deleteInventory(client, refs, result) }],
        [{ title: 'Delete namespaces', run: () => deleteNamespaces(client, namespaces, signal) }],
      ],
      output,
    );
    result.notes.forEach((note) => output.note(`note: ${note}`));
    output.result(`Vigil is gone from ${context}.`, { ok: true, deleted: true, ...result });
  } finally {
    client.close();
  }
}

/** Cluster-wide objects, and those in namespaces that are not ours; the rest goes with its namespace. */
async function deleteInventory(
  client: KubeClient,
  refs: readonly ObjectRef[],
  result: { pruned: number; notes: string[] },
): Promise<string> {
  const isInventory = (ref: ObjectRef): boolean =>
    ref.kind === 'ConfigMap' &&
    ref.name === INVENTORY_NAME &&
    ref.namespace === AUTHORITY.namespace;
  await pruneAll(
    client,
    refs.filter((ref) => ref.kind !== 'Namespace' && !isInventory(ref)),
    result,
  );
  return `${result.pruned} deleted`;
}

/** Namespaces of ours; the one that holds the inventory goes last, so that an interrupted run can be repeated. */
async function ownNamespaces(client: KubeClient): Promise<string[]> {
  const found = await client.list<{ metadata: ObjectMeta }>('/api/v1/namespaces', PART_OF);
  const last = (name: string): number => (name === AUTHORITY.namespace ? 1 : 0);
  return found.map(({ metadata }) => metadata.name).sort((a, b) => last(a) - last(b));
}

async function countVolumes(client: KubeClient, namespaces: readonly string[]): Promise<number> {
  const lists = await mapLimit(namespaces, 4, (namespace) =>
    client.list<V1PersistentVolumeClaim>(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`),
  );
  return lists.flat().length;
}

async function deleteNamespaces(
  client: KubeClient,
  names: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const refs = names.map((name): ObjectRef => ({ apiVersion: 'v1', kind: 'Namespace', name }));
  for (const ref of refs) await client.delete(ref);
  for (const ref of refs) {
    const isGone = async (): Promise<true | undefined> =>
      (await client.metadata(ref)) === undefined ? true : undefined;
    const gone = await poll(isGone, { signal, intervalMs: 500, timeoutMs: TERMINATION_MS });
    if (!gone)
      throw new CliError(`namespace ${ref.name} does not go away; see what it still holds`);
  }
  return names.join(', ');
}
