import { bringSecrets } from '../../../cli/lib/kubelet';
import { selectorOf } from '../../../constructs/kubernetes/labels';
import { parseSettings } from '../../../constructs/settings';
import { buildTopology } from '../../../constructs/topology';
import { fakeApi } from '../../support/fake-apply-server';

const router = buildTopology(parseSettings({})).component('alertRouter');
const PODS = '/api/v1/namespaces/monitoring/pods';

describe('changed Secrets', () => {
  const api = fakeApi();
  beforeEach(() => {
    for (const name of ['alert-router', 'grafana']) {
      api.server.put(`${PODS}/${name}-1`, {
        metadata: { name: `${name}-1`, labels: selectorOf({ name }) },
      });
    }
  });

  test('are brought to the pods of a component, and to no others', async () => {
    await bringSecrets(api.client, router);

    expect(api.server.writes).toEqual([`PATCH ${PODS}/alert-router-1`]);
  });

  test('come by themselves where nobody may write pods', async () => {
    api.server.intercept = (request) =>
      request.startsWith('PATCH') ? { status: 403, body: { message: 'forbidden' } } : undefined;

    await expect(bringSecrets(api.client, router)).resolves.toBeUndefined();
  });
});
