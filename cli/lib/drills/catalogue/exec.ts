import { PassThrough } from 'node:stream';
import { Exec } from '@kubernetes/client-node';
import { streams } from '../../../../constructs/loki/streams';
import { CliError } from '../../errors';
import type { Drill, Scene } from '../drill';
import { needLines } from '../logs';
import { CONTAINER, ensureNamespace, NAMESPACE, removePods, startPod } from '../pods';

const NAME = 'exec';

/** Someone who opens a shell in a pod. */
export const exec: Drill = {
  name: NAME,
  summary: 'someone runs a command in a pod, as `kubectl exec` does',
  alert: 'ExecIntoPod',
  window: ({ rangeSeconds }) => ({ resolved: rangeSeconds }),
  prepare: async (scene) => {
    await needLines(scene, streams('audit'), 'no audit log of the API server arrives at Loki');
    await ensureNamespace(scene);
    const pod = `${NAME}-${scene.run}`;
    await startPod(scene, { drill: NAME, name: pod, command: ['sleep', '86400'] });
    return {
      labels: { namespace: NAMESPACE, pod },
      evidence: { logql: `${streams('audit')} | subresource="exec" | object_name="${pod}"` },
      cause: async () => {
        const at = Date.now();
        await enter(scene, pod);
        return at;
      },
    };
  },
  restore: removePods(NAME),
};

/** @throws CliError when the API server does not let us in. */
function enter({ client }: Scene, pod: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: unknown): void => {
      const { message } = error as { message?: unknown };
      const reason = typeof message === 'string' ? message : 'no connection';
      reject(new CliError(`cannot run a command in pod ${NAMESPACE}/${pod}: ${reason}`));
    };
    new Exec(client.kubeConfig)
      .exec(NAMESPACE, pod, CONTAINER, ['true'], new PassThrough(), null, null, false, (status) =>
        status.status === 'Success' ? resolve() : refuse(status),
      )
      .catch(refuse);
  });
}
