import { BlockList, isIPv6 } from 'node:net';

/** Where a connection begins or ends: a pod, or an address that no selector knows (a node, a hostNetwork pod). */
export interface Place {
  readonly ip: string;
  readonly pod?: {
    readonly namespace: string;
    readonly namespaceLabels: Readonly<Record<string, string>>;
    readonly labels: Readonly<Record<string, string>>;
    /** Numbers of its named ports. @default none */
    readonly ports?: Readonly<Record<string, number>>;
  };
}

export interface Connection {
  readonly from: Place;
  readonly to: Place;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
    readonly values?: readonly string[];
  }[];
}

export interface PolicyPeer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

export interface PolicyPort {
  readonly protocol?: Connection['protocol'];
  readonly port?: number | string;
  readonly endPort?: number;
}

/** A NetworkPolicy as it is written in YAML (networking.k8s.io/v1). */
export interface NetworkPolicy {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly podSelector: LabelSelector;
    readonly policyTypes?: readonly ('Ingress' | 'Egress')[];
    readonly ingress?: readonly {
      readonly from?: readonly PolicyPeer[];
      readonly ports?: readonly PolicyPort[];
    }[];
    readonly egress?: readonly {
      readonly to?: readonly PolicyPeer[];
      readonly ports?: readonly PolicyPort[];
    }[];
  };
}

/**
 * Whether the policies let a connection through: out of where it begins and into where it ends. Written from the
 * semantics of networking.k8s.io/v1 and not from the code under test, so that both can be wrong only independently.
 * What it leaves out, like Kubernetes itself: a pod's own node always reaches it.
 */
export function allows(policies: readonly NetworkPolicy[], connection: Connection): boolean {
  const { from, to } = connection;
  return (
    passes(policies, 'Egress', from, to, connection) &&
    passes(policies, 'Ingress', to, from, connection)
  );
}

function passes(
  policies: readonly NetworkPolicy[],
  direction: 'Ingress' | 'Egress',
  ...[subject, peer, connection]: [Place, Place, Connection]
): boolean {
  const { pod } = subject;
  // Policies select pods; an address of a node is never isolated.
  if (!pod) return true;
  const selecting = policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === pod.namespace &&
      typesOf(spec).includes(direction) &&
      selects(spec.podSelector, pod.labels),
  );
  if (selecting.length === 0) return true;
  return selecting.some(({ metadata, spec }) =>
    rulesOf(spec, direction).some(
      ({ peers, ports }) =>
        (peers.length === 0 || peers.some((row) => isPeer(row, peer, metadata.namespace))) &&
        (ports.length === 0 || ports.some((row) => isPort(row, connection))),
    ),
  );
}

/** Left out, `policyTypes` is Ingress, and Egress too where there is an egress section. */
const typesOf = (spec: NetworkPolicy['spec']): readonly string[] =>
  spec.policyTypes ?? ['Ingress', ...(spec.egress ? ['Egress'] : [])];

interface Rule {
  readonly peers: readonly PolicyPeer[];
  readonly ports: readonly PolicyPort[];
}

const rulesOf = (spec: NetworkPolicy['spec'], direction: 'Ingress' | 'Egress'): Rule[] =>
  direction === 'Ingress'
    ? (spec.ingress ?? []).map(({ from = [], ports = [] }) => ({ peers: from, ports }))
    : (spec.egress ?? []).map(({ to = [], ports = [] }) => ({ peers: to, ports }));

function isPeer(row: PolicyPeer, place: Place, namespaceOfPolicy: string): boolean {
  if (row.ipBlock) {
    const { cidr, except = [] } = row.ipBlock;
    return contains(cidr, place.ip) && !except.some((hole) => contains(hole, place.ip));
  }
  const { pod } = place;
  if (!pod) return false;
  const namespaceMatches = row.namespaceSelector
    ? selects(row.namespaceSelector, pod.namespaceLabels)
    : pod.namespace === namespaceOfPolicy;
  return namespaceMatches && selects(row.podSelector ?? {}, pod.labels);
}

function isPort(row: PolicyPort, { port, protocol, to }: Connection): boolean {
  if ((row.protocol ?? 'TCP') !== protocol) return false;
  if (row.port === undefined) return true;
  if (typeof row.port === 'string') return to.pod?.ports?.[row.port] === port;
  return port >= row.port && port <= (row.endPort ?? row.port);
}

/** An empty selector selects everything; all of its parts must hold. */
export function selects(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
      }
    })
  );
}

function contains(cidr: string, ip: string): boolean {
  const [network = '', bits = ''] = cidr.split('/');
  const family = isIPv6(network) ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
}
