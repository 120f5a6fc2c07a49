import type { Drill } from '../drill';
import { ensureNamespace, NAMESPACE, removePods, startPod } from '../pods';
import { fill } from '../fill';

const NAME = 'memory';
const LIMIT_MIB = 128;
const FOLDER = '/held';

/**
 * A container that holds almost all the memory it may. It writes into a file system in memory, which counts as its own
 * and, unlike a heap, is as large as it was asked to be.
 */
export const memory: Drill = {
  name: NAME,
  summary: 'a container holds almost all the memory that its limit allows',
  alert: 'ContainerMemoryNearLimit',
  prepare: async (scene) => {
    await ensureNamespace(scene);
    const pod = `${NAME}-${scene.run}`;
    const selector = `{namespace="${NAMESPACE}", pod="${pod}", container!=""}`;
    const bound = scene.settings.thresholds.containers.memory;
    return {
      labels: { namespace: NAMESPACE, pod },
      evidence: {
        promql: `container_memory_working_set_bytes${selector} > ${(bound / 100) * LIMIT_MIB * 2 ** 20}`,
      },
      cause: async () => {
        await startPod(scene, {
          drill: NAME,
          name: pod,
          command: fill(FOLDER, LIMIT_MIB, bound),
          container: { resources: { limits: { memory: `${LIMIT_MIB}Mi` } } },
          volumes: { [FOLDER]: { emptyDir: { medium: 'Memory' } } },
        });
        return Date.now();
      },
    };
  },
  restore: removePods(NAME),
};
