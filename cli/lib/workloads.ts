import type { V1Pod } from '@kubernetes/client-node';
import { PART_OF } from '../../constructs/kubernetes/labels';
import type { KubeClient } from './kube-client';

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet';

/** How far a workload is. */
export interface WorkloadStatus {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
  readonly ready: number;
  readonly desired: number;
  /** Every pod is of the newest revision and available. */
  readonly isRolledOut: boolean;
  readonly matchLabels: Readonly<Record<string, string>>;
}

/** The fields of the three kinds that say how far a rollout is. */
export interface RawWorkload {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly generation?: number;
  };
  readonly spec: {
    readonly replicas?: number;
    readonly selector: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly desiredNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
    readonly numberReady?: number;
    readonly numberAvailable?: number;
  };
}

const PLURALS: Readonly<Record<WorkloadKind, string>> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
};

/** Reads the status fields as `kubectl rollout status` does. */
export function workloadStatus(kind: WorkloadKind, raw: RawWorkload): WorkloadStatus {
  const status = raw.status ?? {};
  const isSeen = (status.observedGeneration ?? 0) >= (raw.metadata.generation ?? 0);
  const counts =
    kind === 'DaemonSet' ? daemonCounts(status) : replicaCounts(status, raw.spec.replicas ?? 1);
  const { desired, ready, updated, available, existing } = counts;
  return {
    kind,
    namespace: raw.metadata.namespace,
    name: raw.metadata.name,
    ready,
    desired,
    isRolledOut: isSeen && updated >= desired && available >= desired && existing <= desired,
    matchLabels: raw.spec.selector.matchLabels ?? {},
  };
}

interface Counts {
  readonly desired: number;
  readonly ready: number;
  readonly updated: number;
  readonly available: number;
  /** Old and new pods together. */
  readonly existing: number;
}

function daemonCounts(status: NonNullable<RawWorkload['status']>): Counts {
  const desired = status.desiredNumberScheduled ?? 0;
  return {
    desired,
    ready: status.numberReady ?? 0,
    updated: status.updatedNumberScheduled ?? 0,
    available: status.numberAvailable ?? 0,
    existing: desired,
  };
}

function replicaCounts(status: NonNullable<RawWorkload['status']>, desired: number): Counts {
  return {
    desired,
    ready: status.readyReplicas ?? 0,
    updated: status.updatedReplicas ?? 0,
    available: status.availableReplicas ?? 0,
    existing: status.replicas ?? 0,
  };
}

/** All workloads of ours, in a fixed order. */
export async function listWorkloads(client: KubeClient): Promise<WorkloadStatus[]> {
  const kinds = Object.keys(PLURALS) as WorkloadKind[];
  const lists = await Promise.all(
    kinds.map(async (kind) => {
      const items = await client.list<RawWorkload>(`/apis/apps/v1/${PLURALS[kind]}`, PART_OF);
      return items.map((item) => workloadStatus(kind, item));
    }),
  );
  const key = ({ namespace, name }: WorkloadStatus): string => `${namespace}/${name}`;
  return lists.flat().sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** The pods that a workload selects. */
export const listPods = (client: KubeClient, workload: WorkloadStatus): Promise<V1Pod[]> =>
  client.list(`/api/v1/namespaces/${workload.namespace}/pods`, workload.matchLabels);
