import type { V1Pod } from '@kubernetes/client-node';
import type { KubeClient } from '../../../cli/lib/kube-client';
import { eventually } from './cluster';

/** A running pod in a namespace that is not ours, without our labels and without a certificate. */
export async function makeStranger(
  client: KubeClient,
  namespace: string,
  restartPolicy: 'Always' | 'Never' = 'Always',
): Promise<V1Pod> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'stranger', namespace },
    spec: {
      restartPolicy,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'sleep',
          image: 'busybox:1.37',
          imagePullPolicy: 'IfNotPresent',
          command: ['sleep', '3600'],
        },
      ],
    },
  };
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  let found: V1Pod | undefined;
  // The namespace's service account is made a moment later.
  await eventually('the stranger runs', 60, async () => {
    await client.apply(pod);
    found = await client.get<V1Pod>(`/api/v1/namespaces/${namespace}/pods/stranger`);
    return found?.status?.phase === 'Running';
  });
  if (!found) throw new Error('the stranger runs and is not there');
  return found;
}
