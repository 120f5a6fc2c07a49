import type { V1Pod } from '@kubernetes/client-node';
import type { KubeClient } from '../../cli/lib/kube-client';
import { internalAddress, isControlPlane, listNodes } from '../../cli/lib/nodes';
import { isPerson, type Component, type Outside } from '../../constructs/topology';
import { connect, inPodNetwork, podsOf, topology } from './support/cluster';

/** A place that can be connected to, as `<component>:<port name>` and address. */
interface Door {
  readonly label: string;
  readonly address: string;
  readonly port: number;
}

const addressOf = (pod: V1Pod): string => pod.status?.podIP ?? '';

async function doorsOfComponents(client: KubeClient): Promise<Door[]> {
  const doors = await Promise.all(
    topology.components.map(async (component) => {
      const [pod] = await podsOf(client, component);
      if (!pod) throw new Error(`${component.name} has no running pod`);
      return Object.entries(component.ports).map(([name, port]) => ({
        label: `${component.key}:${name}`,
        address: addressOf(pod),
        port,
      }));
    }),
  );
  return doors.flat();
}

async function doorsOutside(client: KubeClient): Promise<Door[]> {
  const controlPlane = (await listNodes(client)).find(isControlPlane);
  const nodeAddress = (controlPlane && internalAddress(controlPlane)) ?? '';
  const doors = await Promise.all(
    topology.outside
      .filter((end) => !isPerson(end))
      .map(async (end) => {
        const address = await addressOutside(client, end, nodeAddress);
        return Object.entries(end.ports).map(([name, port]) => ({
          label: `${end.key}:${name}`,
          address,
          port,
        }));
      }),
  );
  return doors.flat();
}

async function addressOutside(client: KubeClient, end: Outside, node: string): Promise<string> {
  if (end.place.kind !== 'pods') return node;
  const { namespace, labels } = end.place;
  const pods = await client.list<V1Pod>(`/api/v1/namespaces/${namespace}/pods`, labels);
  return addressOf(pods[0] ?? {});
}

/** Labels of the doors that open from within a pod's network. */
async function openDoors(pod: V1Pod, doors: readonly Door[]): Promise<string[]> {
  const tries = doors.map(
    ({ label, address, port }) =>
      `timeout 3 bash -c '</dev/tcp/${address}/${port}' 2>/dev/null && echo ${label} &`,
  );
  const answer = await inPodNetwork(pod, [...tries, 'wait', ''].join('\n'));
  return answer.split('\n').filter(Boolean).sort();
}

/** Where a component's flows lead, by the table; a flow through a proxy leads to the proxy. */
function doorsInTable(component: Component): string[] {
  const doors = topology
    .flowsFrom(component)
    .filter(({ via }) => via === undefined)
    .map(({ to, port }) => `${to.key}:${port.name}`);
  return [...new Set(doors)].sort();
}

describe('who can reach whom, tried from every pod to every port', () => {
  let client: KubeClient;
  beforeAll(async () => {
    client = await connect();
  });
  afterAll(() => client.close());

  // A pod on the node's own network is the node; NetworkPolicies do not select it.
  const selected = topology.components.filter(({ hostNetwork }) => !hostNetwork);

  test.each(selected.map((component) => [component.key, component] as const))(
    '%s reaches exactly what its flows say',
    async (_key, component) => {
      const [pod] = await podsOf(client, component);
      const doors = [...(await doorsOfComponents(client)), ...(await doorsOutside(client))];
      // A pod always reaches itself; and its own node, where kind's engine filters only what it forwards.
      const always = [pod?.status?.podIP, pod?.status?.hostIP];
      const others = doors.filter(({ address }) => !always.includes(address));
      const reachable = new Set(others.map(({ label }) => label));
      const expected = doorsInTable(component).filter((label) => reachable.has(label));
      expect(await openDoors(pod!, others)).toEqual(expected);
    },
  );
});
