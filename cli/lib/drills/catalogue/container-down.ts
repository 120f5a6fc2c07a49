import type { Drill } from '../drill';
import { awaitPod, ensureNamespace, NAMESPACE, refOfPod, removePods, startPod } from '../pods';

const NAME = 'container-down';

/** Long enough to be seen running. */
const LIFE_SECONDS = 5;

/** A container whose process ends with an error, in a pod that nobody replaces. */
export const containerDown: Drill = {
  name: NAME,
  summary: "a container's process ends with an error, and is not started again",
  alert: 'ContainerStopped',
  prepare: async (scene) => {
    await ensureNamespace(scene);
    const pod = `${NAME}-${scene.run}`;
    return {
      labels: { namespace: NAMESPACE, pod },
      evidence: {
        promql: `kube_pod_container_status_terminated_reason{namespace="${NAMESPACE}", pod="${pod}"} == 1`,
      },
      cause: async () => {
        const command = ['sh', '-c', `sleep ${LIFE_SECONDS}; exit 1`];
        await startPod(scene, { drill: NAME, name: pod, command });
        const ended = await awaitPod(scene, refOfPod(pod), 'to end', ({ status }) =>
          Boolean(status?.containerStatuses?.[0]?.state?.terminated),
        );
        const { finishedAt } = ended.status?.containerStatuses?.[0]?.state?.terminated ?? {};
        return finishedAt === undefined ? Date.now() : new Date(finishedAt).getTime();
      },
    };
  },
  restore: removePods(NAME),
};
