import type { V1Pod } from '@kubernetes/client-node';
import type { KubeClient } from '../../cli/lib/kube-client';
import { guardedPorts } from '../../constructs/topology';
import { connect, inPodNetwork, podsOf, topology } from './support/cluster';
import { makeStranger } from './support/stranger';

const NAMESPACE = 'strangers';

describe("a stranger's pod", () => {
  let client: KubeClient;
  let stranger: V1Pod;

  beforeAll(async () => {
    client = await connect();
    stranger = await makeStranger(client, NAMESPACE);
  });
  afterAll(async () => {
    await client.delete({ apiVersion: 'v1', kind: 'Namespace', name: NAMESPACE });
    client.close();
  });

  test('gets no answer from any port of ours but the open ones', async () => {
    const doors = await Promise.all(
      topology.components.map(async (component) =>
        (await podsOf(client, component)).flatMap(({ status }) =>
          guardedPorts(component).map((port) => ({
            door: `${component.key}:${port}`,
            address: `${status?.podIP}:${component.ports[port]}`,
          })),
        ),
      ),
    );
    const script = doors
      .flat()
      .flatMap(({ door, address }) =>
        ['http', 'https'].map(
          (scheme) =>
            `(code=$(curl -sk -o /dev/null -w '%{http_code}' --max-time 3 ${scheme}://${address}/metrics); ` +
            `[ "$code" = 000 ] || echo "${door} answered ${scheme} with $code") &`,
        ),
      );
    const answers = await inPodNetwork(stranger, [...script, 'wait', ''].join('\n'));
    // A node's own port takes the connection; it says so to plain HTTP, and nothing without a certificate.
    const telling = answers
      .split('\n')
      .filter((line) => line && !/answered http with 400$/.test(line));
    expect(telling).toEqual([]);
  });

  test('has a network: the way to the API server is open', async () => {
    const answer = await inPodNetwork(
      stranger,
      `curl -sk -o /dev/null -w '%{http_code}' --max-time 5 https://10.96.0.1/version\n`,
    );
    expect(answer).not.toBe('000');
  });
});
