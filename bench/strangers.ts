import type { V1Pod } from '@kubernetes/client-node';
import type { KubeClient } from '../cli/lib/kube-client';
import type { Session } from '../cli/lib/session';
import type { Component } from '../constructs/topology';
import { inPodNetwork } from '../test/e2e/support/cluster';
import { makeStranger } from '../test/e2e/support/stranger';
import { bench } from './lib/bench';
import { CONTEXT, ourPods, readOptions, withStack, type Stack } from './lib/cluster';
import type { Figure } from './lib/figures';

const NAMESPACE = 'bench-strangers';

/** A port of ours at one of the addresses at which it could be met. */
interface Door {
  readonly name: string;
  readonly address: string;
}

/** What a door said to one way of knocking. */
interface Answer {
  readonly door: string;
  readonly way: 'tcp' | 'http' | 'https';
  /** HTTP status, or `open` for a bare connection. */
  readonly said: string;
}

/**
 * A pod in a foreign namespace, without labels or certificate, tries every listening port of ours at every pod's and
 * every Service's address, but for those that are open to everyone: bare TCP, HTTP, and HTTPS that accepts any certificate.
 */
function measure(session: Session): Promise<Figure[]> {
  const { context } = readOptions(CONTEXT);
  return withStack(session, context, async (stack) => {
    const { client } = stack;
    try {
      const stranger = await makeStranger(client, NAMESPACE);
      const doors = [...(await podDoors(stack)), ...(await serviceDoors(stack))];
      const answers = await knock(stranger, doors);
      for (const { door, way, said } of answers) session.output.note(`${door} ${way}: ${said}`);
      return figures(doors, answers);
    } finally {
      await client.delete({ apiVersion: 'v1', kind: 'Namespace', name: NAMESPACE });
    }
  });
}

function figures(doors: readonly Door[], answers: readonly Answer[]): Figure[] {
  const of = (way: Answer['way']): number => answers.filter((each) => each.way === way).length;
  return [
    { what: 'doors tried', value: doors.length },
    { what: 'take a connection', value: of('tcp') },
    { what: 'answer anything over HTTP or HTTPS', value: of('http') + of('https') },
    { what: 'let a stranger in', value: answers.filter(letsIn).length, atMost: 0 },
  ];
}

/** A TLS server answers 400 to plain HTTP before it has seen anything; Grafana's login is for everyone to see. */
const letsIn = ({ door, way, said }: Answer): boolean =>
  way !== 'tcp' && !(way === 'http' && said === '400') && !door.startsWith('grafana ');

/** Ports that are listened on according to the kernel, not to the manifests. */
async function podDoors({ client, topology }: Stack): Promise<Door[]> {
  const pods = await ourPods(client);
  const doors = await Promise.all(
    pods.map(async (pod) => {
      const name = pod.metadata?.labels?.['app.kubernetes.io/name'] ?? '';
      const component = topology.components.find((each) => each.name === name);
      const ports = component?.hostNetwork
        ? // What else listens on the node is not ours.
          Object.values(component.ports)
        : listening(await inPodNetwork(pod, 'cat /proc/net/tcp /proc/net/tcp6\n'));
      const open = Object.keys(component?.open ?? {}).map((port) => component?.ports[port]);
      const guarded = ports.filter((port) => !open.includes(port));
      return guarded.map((port) => ({
        name: `${name} pod`,
        address: `${pod.status?.podIP}:${port}`,
      }));
    }),
  );
  return doors.flat();
}

const LISTEN = '0A';
/** 127.0.0.1 and ::1 as the kernel writes them. */
const LOOPBACK = new Set(['0100007F', '00000000000000000000000001000000']);

/** Port numbers in state LISTEN at an address that others can reach (Linux, Documentation/networking/proc_net_tcp). */
function listening(table: string): number[] {
  const ports = table.split('\n').flatMap((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/);
    const [address = '', port = ''] = local.split(':');
    return state === LISTEN && !LOOPBACK.has(address) ? [Number.parseInt(port, 16)] : [];
  });
  return [...new Set(ports)].sort((a, b) => a - b);
}

interface Service {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly clusterIP?: string;
    readonly ports: readonly { readonly name: string; readonly port: number }[];
  };
}

async function serviceDoors({ client, topology }: Stack): Promise<Door[]> {
  const namespaces = [...new Set(topology.components.map(({ namespace }) => namespace))];
  const lists = await Promise.all(
    namespaces.map((namespace: Component['namespace']) => listServices(client, namespace)),
  );
  return lists.flat().flatMap(({ metadata, spec }) => {
    const component = topology.components.find(({ name }) => name === metadata.name);
    return spec.ports
      .filter(({ name }) => component?.open?.[name] === undefined)
      .map(({ port }) => ({
        name: `${metadata.name} service`,
        address: `${spec.clusterIP}:${port}`,
      }));
  });
}

const listServices = (client: KubeClient, namespace: string): Promise<Service[]> =>
  client.list(`/api/v1/namespaces/${namespace}/services`);

/** Knocks at all doors at once, with the programs of the stranger's node in the stranger's network. */
async function knock(stranger: V1Pod, doors: readonly Door[]): Promise<Answer[]> {
  const script = doors.flatMap(({ name, address }) => {
    const door = `${name} ${address}`;
    const [host, port] = address.split(':');
    const http = (['http', 'https'] as const).map(
      (way) =>
        `(code=$(curl -sk -o /dev/null -w '%{http_code}' --max-time 5 ${way}://${address}/); ` +
        `[ "$code" = 000 ] || echo "${door}|${way}|$code") &`,
    );
    const tcp = `timeout 5 bash -c '</dev/tcp/${host}/${port}' 2>/dev/null && echo "${door}|tcp|open" &`;
    return [tcp, ...http];
  });
  const text = await inPodNetwork(stranger, [...script, 'wait', ''].join('\n'));
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [door = '', way = '', said = ''] = line.split('|');
      return { door, way: way as Answer['way'], said };
    })
    .sort((a, b) => (a.door < b.door ? -1 : 1));
}

void bench({ title: "What answers a stranger's pod", minutes: 5, measure });
