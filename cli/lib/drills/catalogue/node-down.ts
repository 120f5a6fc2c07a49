import { poll } from '../../async';
import { killContainer, startContainers } from '../../docker';
import { CliError } from '../../errors';
import type { ObjectRef } from '../../kube-client';
import { listNodes, nameOf } from '../../nodes';
import { isReady } from '../../readiness';
import { NotHere, type Drill, type Scene } from '../drill';
import { DRILL_LABEL } from '../pods';

const NAME = 'node-down';
const BOOT_MS = 180_000;

/** A node without power: its container is killed. The node itself remembers that, for a run that was killed cannot. */
export const nodeDown: Drill = {
  name: NAME,
  summary: 'a worker of a kind cluster is stopped, and started again',
  alert: 'NodeUnreachable',
  disturbs: 'everything on one worker stops',
  prepare: ({ spareNode: node, client, signal }) => {
    if (node === undefined) {
      const what = 'no worker is a kind container of this machine';
      return Promise.reject(new NotHere(`${what} with nothing on it but Apache and daemons`));
    }
    return Promise.resolve({
      labels: { node },
      evidence: { promql: `up{job="kubelet", node="${node}"} == 0` },
      cause: async () => {
        await client.merge(refOf(node), { metadata: { annotations: { [DRILL_LABEL]: NAME } } });
        await killContainer(node, signal);
        return Date.now();
      },
    });
  },
  restore: async (scene) => {
    const { client, signal } = scene;
    const stopped = (await listNodes(scene.client))
      .filter(({ metadata }) => metadata?.annotations?.[DRILL_LABEL] === NAME)
      .map(nameOf);
    if (stopped.length === 0) return;
    await startContainers(stopped, signal);
    await untilReady(scene, stopped);
    for (const node of stopped) {
      await client.merge(refOf(node), { metadata: { annotations: { [DRILL_LABEL]: null } } });
    }
  },
};

const refOf = (name: string): ObjectRef => ({ apiVersion: 'v1', kind: 'Node', name });

async function untilReady(scene: Scene, names: readonly string[]): Promise<void> {
  scene.report(`waiting for ${names.join(', ')} to be ready`);
  const areReady = async (): Promise<true | undefined> => {
    const ready = (await listNodes(scene.client)).filter(isReady).map(nameOf);
    return names.every((name) => ready.includes(name)) ? true : undefined;
  };
  const { signal } = scene;
  if (await poll(areReady, { signal, intervalMs: 1000, timeoutMs: BOOT_MS })) return;
  throw new CliError(`${names.join(', ')} does not become ready again; see \`vigil status\``);
}
