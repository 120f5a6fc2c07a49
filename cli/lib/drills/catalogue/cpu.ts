import type { Drill } from '../drill';
import { ensureNamespace, NAMESPACE, removePods, startPod } from '../pods';

const NAME = 'cpu';

/** So little that a busy node has it to spare all the time: a container that is starved is not at its limit. */
const LIMIT = '20m';

/** Two that take turns at it: one alone would lose some of its time whenever its CPU is needed elsewhere. */
const BURN = 'burn() { while :; do :; done; }; burn & burn';

/** A container that uses all the CPU it may. */
export const cpu: Drill = {
  name: NAME,
  summary: 'a container burns all the CPU that its limit allows',
  alert: 'ContainerCpuNearLimit',
  prepare: async (scene) => {
    await ensureNamespace(scene);
    const pod = `${NAME}-${scene.run}`;
    return {
      labels: { namespace: NAMESPACE, pod },
      evidence: {
        promql: `container_cpu_usage_seconds_total{namespace="${NAMESPACE}", pod="${pod}"} > 0`,
      },
      cause: async () => {
        await startPod(scene, {
          drill: NAME,
          name: pod,
          command: ['sh', '-c', BURN],
          container: { resources: { limits: { cpu: LIMIT, memory: '32Mi' } } },
        });
        return Date.now();
      },
    };
  },
  restore: removePods(NAME),
};
