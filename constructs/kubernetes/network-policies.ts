import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import {
  IntOrString,
  KubeNetworkPolicy,
  type NetworkPolicyPeer,
  type NetworkPolicyPort,
} from '../../imports/k8s';
import {
  isAnyone,
  isPerson,
  namespaces,
  type Component,
  type Endpoint,
  type Flow,
  type Topology,
} from '../topology';
import type { Context } from './context';
import { PART_OF, selectorOf } from './labels';

/**
 * Where no public service is, and a cluster's own pods and a cloud's metadata server are: private (RFC 1918), shared
 * (RFC 6598), loopback and link-local (RFC 3927).
 */
const NOT_PUBLIC = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
];

const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

/** Default deny in both directions, then for each component exactly its flows. */
export class NetworkPolicies extends Chart {
  public constructor(scope: Construct, context: Context) {
    super(scope, 'network-policies', { disableResourceNameHashes: true, labels: { ...PART_OF } });
    for (const namespace of Object.keys(namespaces)) this.denyAll(namespace);
    for (const component of context.topology.components) {
      // A policy never selects a pod on the node's own network; mutual TLS is the gate there.
      if (!component.hostNetwork) this.allow(component, context);
    }
  }

  private denyAll(namespace: string): void {
    new KubeNetworkPolicy(this, `default-deny-${namespace}`, {
      metadata: { name: 'default-deny', namespace },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    });
  }

  private allow(component: Component, { topology, settings }: Context): void {
    const nodes = settings.cluster.nodeCidrs;
    const ingress = ingressOf(component, topology, nodes);
    const egress = egressOf(component, topology, nodes);
    new KubeNetworkPolicy(this, component.name, {
      metadata: { name: component.name, namespace: component.namespace },
      spec: {
        podSelector: { matchLabels: selectorOf(component) },
        policyTypes: ['Ingress', 'Egress'],
        // The API server drops an empty list, and every apply would put it back; policyTypes denies by itself.
        ...(ingress.length > 0 && { ingress }),
        ...(egress.length > 0 && { egress }),
      },
    });
  }
}

/** People come through a port-forward, which enters the pod from its own node: no rule can or need admit them. */
function ingressOf(component: Component, topology: Topology, nodes: readonly string[]) {
  return topology
    .flowsTo(component)
    .filter(({ from }) => !isPerson(from))
    .map((flow) => ({
      // A rule that names no peer admits everyone.
      ...(!isAnyone(flow.from) && { from: peersOf(flow.from, nodes) }),
      ports: portsOf(flow),
    }));
}

function egressOf(component: Component, topology: Topology, nodes: readonly string[]) {
  // Several flows may leave through one door, such as the API server's.
  const rules = topology.flowsFrom(component).map((flow) => {
    const via = flow.via && topology.flowsFrom(component).find(({ to }) => to === flow.via);
    const door = via ?? flow;
    return { to: peersOf(door.to, nodes), ports: portsOf(door) };
  });
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

function peersOf(end: Endpoint, nodes: readonly string[]): NetworkPolicyPeer[] {
  if (end.kind === 'component') {
    return end.hostNetwork ? blocks(nodes) : [podsIn(end.namespace, selectorOf(end))];
  }
  switch (end.place.kind) {
    case 'nodes':
      return blocks(nodes);
    case 'pods':
      return [podsIn(end.place.namespace, end.place.labels)];
    case 'networks':
      return blocks(end.place.cidrs);
    case 'internet':
      return [{ ipBlock: { cidr: '0.0.0.0/0', except: NOT_PUBLIC } }];
    case 'person':
    case 'anyone':
      throw new Error(`topology: '${end.key}' cannot be a peer of a NetworkPolicy`);
  }
}

const podsIn = (
  namespace: string,
  labels: Readonly<Record<string, string>>,
): NetworkPolicyPeer => ({
  namespaceSelector: { matchLabels: { [NAMESPACE_NAME]: namespace } },
  podSelector: { matchLabels: { ...labels } },
});

const blocks = (cidrs: readonly string[]): NetworkPolicyPeer[] =>
  cidrs.map((cidr) => ({ ipBlock: { cidr } }));

const portsOf = ({ port }: Flow): NetworkPolicyPort[] =>
  port.protocols.map((protocol) => ({ protocol, port: IntOrString.fromNumber(port.number) }));
