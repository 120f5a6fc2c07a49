import type { WorkloadRef } from '../../../constructs/topology/certificate-plan';
import type { Kube, Workload } from './kube';

/** On a pod template: fingerprint of the trust bundle for which the workload was restarted. */
export const TRUST_BUNDLE_ANNOTATION = 'vigil.local/trust-bundle';

/**
 * On a leaf's Secret: fingerprint of the bundle that replaced another one. It is written together
 * with the bundle, so that a controller killed before the restart still knows of it. The first
 * bundle leaves no mark: no pod can have started with another.
 */
export const RESTART_ANNOTATION = 'vigil.local/restart-for-trust-bundle';

/**
 * Restarts a workload by an annotation of its pod template, unless it already carries the value.
 * That may happen at once: pods that start from now on mount the Secret as it is now.
 * @returns whether all pods are of the present template (or there is no such workload)
 */
export async function ensureAnnotated(
  kube: Kube,
  ref: WorkloadRef,
  annotation: string,
  value: string,
): Promise<boolean> {
  const workload = await kube.getWorkload(ref);
  if (!workload) return true;
  if (workload.spec?.template?.metadata?.annotations?.[annotation] === value) {
    return isRolledOut(ref.kind, workload);
  }
  await kube.annotatePodTemplate(ref, { [annotation]: value });
  return false;
}

/** Whether no pod of an older template is left, as `kubectl rollout status` judges it. */
export function isRolledOut(kind: WorkloadRef['kind'], workload: Workload): boolean {
  const { metadata, status = {} } = workload;
  const seen = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  return seen && ROLLED_OUT[kind](workload);
}

const ROLLED_OUT: Record<WorkloadRef['kind'], (workload: Workload) => boolean> = {
  Deployment: ({ spec, status }) => {
    const updated = status?.updatedReplicas ?? 0;
    return updated >= (spec?.replicas ?? 1) && (status?.replicas ?? 0) <= updated;
  },
  StatefulSet: ({ status }) => status?.currentRevision === status?.updateRevision,
  DaemonSet: ({ status }) =>
    (status?.updatedNumberScheduled ?? 0) >= (status?.desiredNumberScheduled ?? 0),
};

/** Whether any pod has come up, and so has read its Secrets. */
export function hasStartedPods({ status }: Workload): boolean {
  return (status?.readyReplicas ?? status?.numberReady ?? 0) > 0;
}
