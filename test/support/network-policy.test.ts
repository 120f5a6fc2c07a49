import {
  allows,
  selects,
  type Connection,
  type LabelSelector,
  type NetworkPolicy,
  type Place,
} from './network-policy';

const pod = (namespace: string, app: string, ip: string): Place => ({
  ip,
  pod: {
    namespace,
    namespaceLabels: { 'kubernetes.io/metadata.name': namespace },
    labels: { app },
    ports: { web: 80 },
  },
});

const server = pod('shop', 'server', '10.0.0.1');
const client = pod('shop', 'client', '10.0.0.2');
const stranger = pod('other', 'client', '10.0.0.3');
const node: Place = { ip: '172.18.0.2' };

const policy = (spec: Partial<NetworkPolicy['spec']>, namespace = 'shop'): NetworkPolicy => ({
  metadata: { name: 'policy', namespace },
  spec: { podSelector: {}, ...spec },
});

const denyAll = policy({ policyTypes: ['Ingress', 'Egress'] });
const labels = (app: string): LabelSelector => ({ matchLabels: { app } });
const inNamespace = (name: string): LabelSelector => ({
  matchLabels: { 'kubernetes.io/metadata.name': name },
});
const ingressFrom = (
  ...from: NonNullable<NonNullable<NetworkPolicy['spec']['ingress']>[0]['from']>
) => policy({ podSelector: labels('server'), policyTypes: ['Ingress'], ingress: [{ from }] });
const ingressOn = (
  ...ports: NonNullable<NonNullable<NetworkPolicy['spec']['ingress']>[0]['ports']>
) => policy({ policyTypes: ['Ingress'], ingress: [{ ports }] });
const connection = (change: Partial<Connection> = {}): Connection => ({
  from: client,
  to: server,
  port: 80,
  protocol: 'TCP',
  ...change,
});

test.each<[string, NetworkPolicy[], Partial<Connection>, boolean]>([
  ['no policy: everything', [], {}, true],
  ['a policy of another namespace isolates no one here', [policy({}, 'other')], {}, true],
  ['default deny: nothing in', [policy({ policyTypes: ['Ingress'] })], {}, false],
  ['default deny: nothing out', [policy({ policyTypes: ['Egress'] })], {}, false],
  [
    'isolated outwards only: others still come in',
    [policy({ policyTypes: ['Egress'] })],
    { from: stranger },
    true,
  ],
  ['policyTypes left out: Ingress', [policy({})], {}, false],
  ['policyTypes left out, no egress section: out is open', [policy({})], { to: stranger }, true],
  [
    'policyTypes left out, egress section: both',
    [policy({ podSelector: labels('client'), egress: [] })],
    { to: node },
    false,
  ],
  [
    'a rule without peers and ports: all of them',
    [policy({ policyTypes: ['Ingress'], ingress: [{}] })],
    { from: stranger },
    true,
  ],
  [
    'one allowing policy is enough',
    [denyAll, policy({ policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [{}] })],
    {},
    true,
  ],
  [
    'in allowed, out not: refused',
    [denyAll, policy({ policyTypes: ['Ingress'], ingress: [{}] })],
    {},
    false,
  ],
  [
    'podSelector alone: of the same namespace',
    [ingressFrom({ podSelector: labels('client') })],
    {},
    true,
  ],
  [
    'podSelector alone: not of another',
    [ingressFrom({ podSelector: labels('client') })],
    { from: stranger },
    false,
  ],
  [
    'namespaceSelector alone: all its pods',
    [ingressFrom({ namespaceSelector: inNamespace('other') })],
    { from: stranger },
    true,
  ],
  [
    'both in one peer: and',
    [ingressFrom({ namespaceSelector: inNamespace('other'), podSelector: labels('admin') })],
    { from: stranger },
    false,
  ],
  [
    'both in two peers: or',
    [ingressFrom({ namespaceSelector: inNamespace('other') }, { podSelector: labels('admin') })],
    { from: stranger },
    true,
  ],
  [
    'an empty namespaceSelector: all namespaces',
    [ingressFrom({ namespaceSelector: {} })],
    { from: stranger },
    true,
  ],
  [
    'an address is no pod: selectors do not match it',
    [ingressFrom({ namespaceSelector: {} })],
    { from: node },
    false,
  ],
  ['ipBlock: within', [ingressFrom({ ipBlock: { cidr: '172.16.0.0/12' } })], { from: node }, true],
  ['ipBlock: beyond', [ingressFrom({ ipBlock: { cidr: '172.17.0.0/16' } })], { from: node }, false],
  [
    'ipBlock: in its hole',
    [ingressFrom({ ipBlock: { cidr: '172.16.0.0/12', except: ['172.18.0.0/24'] } })],
    { from: node },
    false,
  ],
  ['isolated outwards: a node is out of reach too', [denyAll], { from: server, to: node }, false],
  ['a node is never isolated', [denyAll], { from: node, to: node }, true],
  [
    'to a node from a pod that is free',
    [policy({ podSelector: labels('other') })],
    { from: server, to: node },
    true,
  ],
  ['port: this one', [ingressOn({ protocol: 'TCP', port: 80 })], {}, true],
  ['port: another one', [ingressOn({ protocol: 'TCP', port: 81 })], {}, false],
  ['port: protocol left out is TCP', [ingressOn({ port: 80 })], { protocol: 'UDP' }, false],
  ['port: of another protocol', [ingressOn({ protocol: 'UDP', port: 80 })], {}, false],
  [
    'port: left out is all of the protocol',
    [ingressOn({ protocol: 'TCP' })],
    { port: 12_345 },
    true,
  ],
  ['port: by name', [ingressOn({ port: 'web' })], {}, true],
  ['port: by a name that has another number', [ingressOn({ port: 'web' })], { port: 81 }, false],
  ['port: within a range', [ingressOn({ port: 70, endPort: 80 })], {}, true],
  ['port: beyond a range', [ingressOn({ port: 70, endPort: 79 })], {}, false],
  ['a pod to itself obeys its policies', [denyAll], { from: server, to: server }, false],
])('%s', (_, policies, change, expected) => {
  expect(allows(policies, connection(change))).toBe(expected);
});

test.each<[LabelSelector['matchExpressions'], boolean]>([
  [[{ key: 'app', operator: 'In', values: ['server'] }], true],
  [[{ key: 'app', operator: 'In', values: ['client'] }], false],
  [[{ key: 'tier', operator: 'In', values: ['x'] }], false],
  [[{ key: 'app', operator: 'NotIn', values: ['server'] }], false],
  [[{ key: 'tier', operator: 'NotIn', values: ['x'] }], true],
  [[{ key: 'app', operator: 'Exists' }], true],
  [[{ key: 'tier', operator: 'Exists' }], false],
  [[{ key: 'tier', operator: 'DoesNotExist' }], true],
  [
    [
      { key: 'app', operator: 'Exists' },
      { key: 'app', operator: 'DoesNotExist' },
    ],
    false,
  ],
])('matchExpressions %j: %s', (matchExpressions, expected) => {
  expect(selects({ matchExpressions }, { app: 'server' })).toBe(expected);
});
