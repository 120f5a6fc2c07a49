import { KubeClient } from '../../../cli/lib/kube-client';
import { bringSecrets } from '../../../cli/lib/kubelet';
import { selectorOf } from '../../../constructs/kubernetes/labels';
import { parseSettings } from '../../../constructs/settings';
import { buildTopology } from '../../../constructs/topology';
import { FakeApplyServer } from '../../support/fake-apply-server';

const never = new AbortController().signal;
const router = buildTopology(parseSettings({})).component('alertRouter');
const PODS = '/api/v1/namespaces/monitoring/pods';

describe('changed Secrets', () => {
  let cluster: FakeApplyServer;
  let client: KubeClient;
  beforeEach(async () => {
    cluster = await FakeApplyServer.start();
    client = new KubeClient(cluster.kubeConfig, never);
    for (const name of ['alert-router', 'grafana']) {
      cluster.put(`${PODS}/${name}-1`, {
        metadata: { name: `${name}-1`, labels: selectorOf({ name }) },
      });
    }
  });
  afterEach(async () => {
    client.close();
    await cluster.stop();
  });

  test('are brought to the pods of a component, and to no others', async () => {
    await bringSecrets(client, router);

    expect(cluster.writes).toEqual([`PATCH ${PODS}/alert-router-1`]);
  });

  test('come by themselves where nobody may write pods', async () => {
    cluster.intercept = (request) =>
      request.startsWith('PATCH') ? { status: 403, body: { message: 'forbidden' } } : undefined;

    await expect(bringSecrets(client, router)).resolves.toBeUndefined();
  });
});
