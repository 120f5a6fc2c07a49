import type { V1Pod } from '@kubernetes/client-node';
import { selectorOf } from '../../constructs/kubernetes/labels';
import type { Component } from '../../constructs/topology';
import { ApiError, type KubeClient } from './kube-client';

/** Its value says when it was set, and nobody reads it. */
const ANNOTATION = 'vigil.local/secrets-changed';

/**
 * Has kubelet bring changed Secrets to a component's pods at once. By itself it looks within two minutes, and whenever a
 * pod's annotations change (Kubernetes documentation, "Mounted ConfigMaps are updated automatically"). Whoever may not
 * write pods just waits.
 */
export async function bringSecrets(client: KubeClient, component: Component): Promise<void> {
  const { namespace } = component;
  const annotations = { [ANNOTATION]: new Date().toISOString() };
  try {
    const pods = await client.list<V1Pod>(
      `/api/v1/namespaces/${namespace}/pods`,
      selectorOf(component),
    );
    await Promise.all(
      pods.map(({ metadata }) =>
        client.merge(
          { apiVersion: 'v1', kind: 'Pod', namespace, name: metadata?.name ?? '' },
          { metadata: { annotations } },
        ),
      ),
    );
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}
