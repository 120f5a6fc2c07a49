import type { KubernetesObject, V1Pod } from '@kubernetes/client-node';
import type { Scene } from '../../../../cli/lib/drills/drill';
import { KubeClient } from '../../../../cli/lib/kube-client';
import { Station, type Stations } from '../../../../cli/lib/station';
import { parseSettings, type VigilConfig } from '../../../../constructs/settings';
import { buildTopology } from '../../../../constructs/topology';
import type { FakeApplyServer } from '../../../support/fake-apply-server';

const never = new AbortController().signal;

const silent = <Api extends { close(): void }>(api: Api): Station<Api> =>
  new Station(() => Promise.resolve(api));

/** Stations at which nothing is seen but what is asked for by a query. */
export const quietStations = (): Stations => {
  const close = (): void => undefined;
  const activeAlerts = () => Promise.resolve([]);
  const line = { at: 0n, text: '', labels: {} };
  return {
    prometheus: silent({
      activeAlerts,
      query: () => Promise.resolve([{ metric: {}, value: [0, '1'] as const }]),
      close,
    }),
    loki: silent({ activeAlerts, query: () => Promise.resolve([line]), close }),
    alertmanager: silent({ alerts: () => Promise.resolve([]), close }),
    router: silent({ status: () => Promise.reject(new Error('not asked')), close }),
  };
};

/** A scene on an API server. */
export function sceneOf(
  server: FakeApplyServer,
  more: Partial<Scene> = {},
  config: VigilConfig = {},
): Scene {
  const settings = parseSettings(config);
  return {
    client: new KubeClient(server.kubeConfig, never),
    settings,
    topology: buildTopology(settings),
    stations: quietStations(),
    signal: never,
    run: 'abc123',
    report: () => undefined,
    ...more,
  };
}

/** Puts there what drills build on: the components that they look at, and three nodes. */
export function furnish(server: FakeApplyServer): void {
  const deployment = (namespace: string, name: string): void =>
    server.put(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace, name, generation: 1 },
      spec: {
        replicas: 1,
        selector: { matchLabels: {} },
        template: { spec: { containers: [{ image: `${name}:test` }] } },
      },
      status: {
        observedGeneration: 1,
        replicas: 1,
        updatedReplicas: 1,
        readyReplicas: 1,
        availableReplicas: 1,
      },
    } as KubernetesObject);
  deployment('web', 'sample-app');
  deployment('web', 'nginx');
  deployment('monitoring', 'blackbox-exporter');
  for (const name of ['one', 'three', 'two']) putNode(server, name);
  server.put('/api/v1/namespaces/vigil-drill/serviceaccounts/default', {
    metadata: { namespace: 'vigil-drill', name: 'default' },
  });
  server.intercept = (request) => {
    const [, path] = /^GET (.+\/pods\/[^/]+)$/.exec(request) ?? [];
    const pod: V1Pod | undefined = path === undefined ? undefined : server.objects.get(path);
    if (path !== undefined && pod && !pod.status) run(server, path, pod);
    return undefined;
  };
}

/** A node of kind that is ready. */
export function putNode(server: FakeApplyServer, name: string, labels = {}): void {
  server.put(`/api/v1/nodes/${name}`, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    status: {
      nodeInfo: { machineID: `id-of-${name}` },
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  } as KubernetesObject);
}

/** What scheduler and kubelet do: the pod runs, or has ended when that is its purpose. */
function run(server: FakeApplyServer, path: string, pod: V1Pod): void {
  const isToEnd = pod.spec?.containers[0]?.command?.join(' ').includes('exit 1') ?? false;
  const ended = { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:00:00Z' } };
  server.objects.set(path, {
    ...pod,
    metadata: { ...pod.metadata, uid: 'uid' },
    spec: { nodeName: 'one', ...pod.spec },
    status: {
      phase: isToEnd ? 'Failed' : 'Running',
      podIP: '10.0.0.1',
      containerStatuses: [{ name: 'drill', state: isToEnd ? ended : { running: {} } }],
    },
  } as KubernetesObject);
}
