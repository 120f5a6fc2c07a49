import type { V1Container, V1Pod, V1PodSpec, V1Volume } from '@kubernetes/client-node';
import { poll } from '../async';
import { podReason } from '../diagnose';
import { CliError } from '../errors';
import type { ObjectRef } from '../kube-client';
import { NotHere, type Drill, type Scene } from './drill';

/** Where drills do their work; deleted when they are done. */
export const NAMESPACE = 'vigil-drill';

/** On everything that a drill makes: its name. */
export const DRILL_LABEL = 'vigil.local/drill';

const PATIENCE = { intervalMs: 250, timeoutMs: 60_000 } as const;

export interface DrillPod {
  /** The drill that makes it. */
  readonly drill: string;
  readonly name: string;
  readonly command: readonly string[];
  /** @default NAMESPACE */
  readonly namespace?: string;
  /** Further labels. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** @default - the scheduler chooses */
  readonly node?: string;
  readonly container?: Partial<Pick<V1Container, 'env' | 'ports' | 'readinessProbe' | 'resources'>>;
  /** Volumes by the path where they are mounted. @default none */
  readonly volumes?: Readonly<Record<string, Omit<V1Volume, 'name'>>>;
}

/** The name of the one container of a drill's pod. */
export const CONTAINER = 'drill';

export const refOfPod = (name: string, namespace: string = NAMESPACE): ObjectRef => ({
  apiVersion: 'v1',
  kind: 'Pod',
  namespace,
  name,
});

/**
 * A pod as a namespace of the level *restricted* takes it. It gets no token and is never started again.
 *
 * @param avoided node where it does not go, when it is all the same to it
 */
export function podManifest(pod: DrillPod, image: string, avoided?: string): V1Pod {
  const volumes = Object.entries(pod.volumes ?? {}).map(([mountPath, volume], index) => ({
    mountPath,
    volume: { name: `volume-${index}`, ...volume },
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      namespace: pod.namespace ?? NAMESPACE,
      labels: { ...pod.labels, [DRILL_LABEL]: pod.drill },
    },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      ...placement(pod.node, avoided),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65_534,
        runAsGroup: 65_534,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: CONTAINER,
          image,
          imagePullPolicy: 'IfNotPresent',
          command: [...pod.command],
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: volumes.map(({ mountPath, volume }) => ({ name: volume.name, mountPath })),
          ...pod.container,
        },
      ],
      volumes: volumes.map(({ volume }) => volume),
    },
  };
}

/** A node that is named is not for the scheduler to choose, nor for its taints to refuse. */
function placement(node?: string, avoided?: string): Pick<V1PodSpec, 'nodeName' | 'affinity'> {
  if (node !== undefined) return { nodeName: node };
  if (avoided === undefined) return {};
  const elsewhere = { key: 'metadata.name', operator: 'NotIn', values: [avoided] };
  const nodeSelectorTerms = [{ matchFields: [elsewhere] }];
  return {
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
    },
  };
}

/**
 * Starts a pod of the image that the sample-app has: the nodes have it already, and it brings a shell and Node.js.
 *
 * @returns the pod once its container runs, or ran.
 * @throws CliError saying why when it does not start.
 */
export async function startPod(scene: Scene, pod: DrillPod): Promise<V1Pod> {
  const { client } = scene;
  await client.apply(podManifest(pod, await imageOf(scene), scene.spareNode));
  return awaitPod(scene, refOfPod(pod.name, pod.namespace), 'to start', ({ status }) =>
    ['Running', 'Succeeded', 'Failed'].includes(status?.phase ?? ''),
  );
}

/**
 * Waits for a pod.
 *
 * @param what it is waited for, such as `to start`.
 * @throws CliError saying why when it does not come to that within a minute.
 */
export async function awaitPod(
  { client, signal, report }: Scene,
  { namespace, name }: ObjectRef,
  what: string,
  isSo: (pod: V1Pod) => boolean,
): Promise<V1Pod> {
  report(`waiting for pod ${name} ${what}`);
  let last: V1Pod | undefined;
  const attempt = async (): Promise<V1Pod | undefined> => {
    last = await client.get<V1Pod>(`/api/v1/namespaces/${namespace}/pods/${name}`);
    return last && isSo(last) ? last : undefined;
  };
  const found = await poll(attempt, { ...PATIENCE, signal });
  if (found) return found;
  const reason = last ? (podReason(last) ?? last.status?.phase ?? 'no status') : 'it is gone';
  throw new CliError(`pod ${namespace}/${name} was awaited ${what} in vain: ${reason}`);
}

async function imageOf({ client, topology }: Scene): Promise<string> {
  const { namespace, name } = topology.component('sampleApp');
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  const found = await client.get<{
    spec: { template: { spec: { containers: { image: string }[] } } };
  }>(path);
  const image = found?.spec.template.spec.containers[0]?.image;
  if (image === undefined) throw new NotHere(`${namespace}/${name} is not installed`);
  return image;
}

/** Makes the namespace of the drills ready to take pods. */
export async function ensureNamespace({ client, signal }: Scene): Promise<void> {
  await client.apply({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: NAMESPACE,
      labels: { [DRILL_LABEL]: 'all', 'pod-security.kubernetes.io/enforce': 'restricted' },
    },
  });
  // Without its service account, which comes a moment later, no pod is admitted.
  const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/default`;
  const found = await poll(() => client.get(path), { ...PATIENCE, signal });
  if (!found) throw new CliError(`namespace ${NAMESPACE} got no service account`);
}

/** Deletes the namespace of the drills with all that is in it, and waits until it is gone. */
export async function removeNamespace({ client, signal }: Scene): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', name: NAMESPACE };
  if (!(await client.delete(namespace))) return;
  const isGone = async (): Promise<true | undefined> =>
    (await client.metadata(namespace)) ? undefined : true;
  if (await poll(isGone, { ...PATIENCE, signal })) return;
  throw new CliError(`namespace ${NAMESPACE} is being deleted and does not go away`);
}

/** A kind of object that drills make, and the folder of the API that lists them. */
interface Kind {
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

export const KINDS = {
  pod: { kind: 'Pod', plural: 'pods', namespaced: true },
  claim: { kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims', namespaced: true },
  volume: { kind: 'PersistentVolume', plural: 'persistentvolumes', namespaced: false },
} as const satisfies Record<string, Kind>;

/** Deletes what a drill made of some kinds, one kind after another, and waits until each is gone. */
export async function removeObjects(
  { client, signal }: Scene,
  drill: string,
  kinds: readonly Kind[] = [KINDS.pod],
  namespace: string = NAMESPACE,
): Promise<void> {
  for (const { kind, plural, namespaced } of kinds) {
    const folder = `/api/v1/${namespaced ? `namespaces/${namespace}/` : ''}${plural}`;
    const attempt = async (): Promise<true | undefined> => {
      const left = await client.list<{ metadata: { name: string; deletionTimestamp?: string } }>(
        folder,
        { [DRILL_LABEL]: drill },
      );
      const waiting = left.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      for (const { metadata } of waiting) {
        const { name } = metadata;
        await client.delete({ apiVersion: 'v1', kind, ...(namespaced && { namespace }), name });
      }
      return left.length === 0 ? true : undefined;
    };
    if (await poll(attempt, { ...PATIENCE, signal })) continue;
    throw new CliError(`${plural} of drill ${drill} do not go away; see \`kubectl get ${plural}\``);
  }
}

/** Deletes the pods of a drill. */
export const removePods =
  (drill: string): NonNullable<Drill['restore']> =>
  (scene) =>
    removeObjects(scene, drill);
