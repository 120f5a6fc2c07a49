import type { KubernetesObject } from '@kubernetes/client-node';
import { PART_OF_LABEL, VIGIL } from '../../constructs/kubernetes/labels';
import { mapLimit, poll } from './async';
import { CliError } from './errors';
import { difference, readInventory, refsOf, writeInventory } from './inventory';
import {
  ApiError,
  FIELD_MANAGER,
  nameOf,
  refOf,
  type KubeClient,
  type ObjectMeta,
  type ObjectRef,
} from './kube-client';

export interface ApplyResult {
  created: number;
  changed: number;
  unchanged: number;
  pruned: number;
  /** Objects that were there and are different now, such as `ConfigMap monitoring/grafana`. */
  readonly changedNames: string[];
  /** What was left alone, and why; one line each. */
  readonly notes: string[];
}

export interface ApplyOptions {
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
}

/** Requests at the same time: enough to hide the round trips, below the API server's limit for one client. */
const CONCURRENCY = 16;
/** Milliseconds that a namespace of an earlier installation gets to disappear. */
const TERMINATION_MS = 120_000;
const WORKLOADS = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Pod']);

/** Namespaces, then everything that is not a workload, then workloads: each finds what it needs in place. */
export function stagesOf(objects: readonly KubernetesObject[]): KubernetesObject[][] {
  const stage = ({ kind = '' }: KubernetesObject): number =>
    kind === 'Namespace' ? 0 : WORKLOADS.has(kind) ? 2 : 1;
  return [0, 1, 2].map((wanted) => objects.filter((object) => stage(object) === wanted));
}

/**
 * Makes the cluster hold exactly the given objects: applies them, and prunes what an earlier run applied and the
 * manifests no longer have. The inventory names every object before it exists and until it is gone, so an interrupted
 * run leaves nothing that the next one does not know.
 *
 * @throws CliError naming the object that the API server refused.
 */
export async function applyAll(
  client: KubeClient,
  objects: readonly KubernetesObject[],
  options: ApplyOptions,
): Promise<ApplyResult> {
  const result: ApplyResult = {
    created: 0,
    changed: 0,
    unchanged: 0,
    pruned: 0,
    changedNames: [],
    notes: [],
  };
  const [namespaces = [], ...stages] = stagesOf(objects);
  await awaitTermination(client, namespaces, options);
  await applyStage(client, namespaces, result);

  const canonical = (refs: readonly ObjectRef[]): Promise<ObjectRef[]> =>
    Promise.all(refs.map((ref) => client.canonical(ref)));
  const known = await canonical(await readInventory(client));
  const wanted = await canonical(refsOf(objects));
  const left = difference(known, wanted);
  await writeInventory(client, [...wanted, ...left], known);
  for (const stage of stages) {
    options.report(`${objects.length} objects`);
    await applyStage(client, stage, result);
  }
  await pruneAll(client, left, result);
  await writeInventory(client, wanted, [...wanted, ...left]);
  return result;
}

async function applyStage(
  client: KubeClient,
  objects: readonly KubernetesObject[],
  result: ApplyResult,
): Promise<void> {
  await mapLimit(objects, CONCURRENCY, async (object) => {
    const outcome = await applyOne(client, object);
    result[outcome] += 1;
    if (outcome === 'changed') result.changedNames.push(nameOf(refOf(object)));
  });
}

async function applyOne(
  client: KubeClient,
  object: KubernetesObject,
): Promise<'created' | 'changed' | 'unchanged'> {
  const ref = refOf(object);
  try {
    const before = await client.metadata(ref);
    const after = await client.apply(object);
    if (!before) return 'created';
    return isChanged(object, before, after) ? 'changed' : 'unchanged';
  } catch (error) {
    if (error instanceof ApiError) throw new CliError(`${nameOf(ref)}: ${error.message}`);
    throw error;
  }
}

/**
 * Whether applying an object has changed it. A new version alone does not say so: a status may be written meanwhile.
 * Nor does the time of our entry, where a status is applied too: the API server keeps entries in the order of their
 * times, and the first apply after that of the status puts them into a new order and is written, with a new time.
 */
function isChanged({ metadata }: KubernetesObject, before: ObjectMeta, after: ObjectMeta): boolean {
  if (before.resourceVersion === after.resourceVersion) return false;
  const [ours, oursBefore] = [after, before].map(oursIn);
  if (ours === undefined || oursBefore === undefined) return true;
  if (after.generation === undefined) return ours.time !== oursBefore.time;
  return (
    after.generation !== before.generation ||
    JSON.stringify(ours.fieldsV1) !== JSON.stringify(oursBefore.fieldsV1) ||
    !isIn(metadata?.labels, before.labels) ||
    !isIn(metadata?.annotations, before.annotations)
  );
}

type Entry = NonNullable<ObjectMeta['managedFields']>[number];

/** Which fields are ours, and when one of them changed last. */
const oursIn = ({ managedFields = [] }: ObjectMeta): Entry | undefined =>
  managedFields.find(
    ({ manager, operation }) => manager === FIELD_MANAGER && operation === 'Apply',
  );

type Texts = Readonly<Record<string, string>>;

const isIn = (some: Texts = {}, all: Texts = {}): boolean =>
  Object.entries(some).every(([key, value]) => all[key] === value);

/** A namespace that is being deleted takes nothing new; the next thing to do is to wait until it has gone. */
async function awaitTermination(
  client: KubeClient,
  namespaces: readonly KubernetesObject[],
  { signal, report }: ApplyOptions,
): Promise<void> {
  for (const namespace of namespaces) {
    const ref = refOf(namespace);
    const gone = await poll(
      async () => {
        const found = await client.metadata(ref);
        if (!found?.deletionTimestamp) return true;
        report(`namespace ${ref.name} is still being deleted`);
        return undefined;
      },
      { signal, intervalMs: 500, timeoutMs: TERMINATION_MS },
    );
    if (!gone) throw new CliError(`namespace ${ref.name} is being deleted and does not go away`);
  }
}

/**
 * Deletes objects that carry our label; namespaces last, and never one that still holds volumes.
 *
 * @param refs objects that an inventory names.
 */
export async function pruneAll(
  client: KubeClient,
  refs: readonly ObjectRef[],
  result: Pick<ApplyResult, 'pruned' | 'notes'>,
): Promise<void> {
  const isNamespace = ({ kind }: ObjectRef): boolean => kind === 'Namespace';
  for (const group of [refs.filter((ref) => !isNamespace(ref)), refs.filter(isNamespace)]) {
    await mapLimit(group, CONCURRENCY, async (ref) => {
      const found = await client.metadata(ref);
      if (!found) return;
      const reason = await reasonToKeep(client, ref, found.labels);
      if (reason) result.notes.push(`${nameOf(ref)} is left alone: ${reason}`);
      else if (await client.delete(ref)) result.pruned += 1;
    });
  }
}

async function reasonToKeep(
  client: KubeClient,
  ref: ObjectRef,
  labels: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  if (labels[PART_OF_LABEL] !== VIGIL)
    return `it is not labelled ${PART_OF_LABEL}=${VIGIL} any more`;
  if (ref.kind !== 'Namespace') return undefined;
  const claims = await client.list(`/api/v1/namespaces/${ref.name}/persistentvolumeclaims`);
  return claims.length > 0 ? `it holds ${claims.length} volume(s) with data` : undefined;
}

/** `3 created, 1 changed, 120 unchanged` */
export function summarize({ created, changed, unchanged, pruned }: ApplyResult): string {
  const parts = [
    created && `${created} created`,
    changed && `${changed} changed`,
    `${unchanged} unchanged`,
    pruned && `${pruned} pruned`,
  ];
  return parts.filter(Boolean).join(', ');
}
