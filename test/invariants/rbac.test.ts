import { DESTINATIONS } from '../../constructs/topology';
import type { V1PolicyRule } from '@kubernetes/client-node';
import { find, idOf, ofKind, stackOf, type Rendered } from '../support/stack';
import { expectOnlyExceptions } from './exceptions';

const { objects, context } = stackOf();
const roles = [...ofKind(objects, 'Role'), ...ofKind(objects, 'ClusterRole')];
const rulesOf = (role: Rendered): V1PolicyRule[] => role.rules as V1PolicyRule[];
const rules = roles.flatMap((role) => rulesOf(role).map((rule) => ({ id: idOf(role), rule })));

/** Ways to become someone else, to run commands, or to read what is not one’s own. */
const DANGEROUS_RESOURCES = [
  'nodes/proxy',
  'pods/proxy',
  'services/proxy',
  'pods/exec',
  'pods/attach',
  'pods/portforward',
  'pods/ephemeralcontainers',
  'serviceaccounts/token',
  'secrets',
  'users',
  'groups',
  'roles',
  'clusterroles',
  'rolebindings',
  'clusterrolebindings',
];
const DANGEROUS_VERBS = ['escalate', 'bind', 'impersonate', 'deletecollection'];

test('no verb, resource, group or path is a wildcard', () => {
  const wild = rules.filter(({ rule }) =>
    [rule.verbs, rule.resources, rule.apiGroups, rule.nonResourceURLs].some((list = []) =>
      list.some((entry) => entry.includes('*')),
    ),
  );

  expect(wild).toEqual([]);
});

test('nothing dangerous is granted but by name or with a reason', () => {
  expectOnlyExceptions(
    'dangerous permission',
    rules.flatMap(({ id, rule }) => [
      ...(rule.resources ?? [])
        .filter((resource) => DANGEROUS_RESOURCES.includes(resource) && !rule.resourceNames?.length)
        .map((resource) => `${id}: ${resource}`),
      ...rule.verbs
        .filter((verb) => DANGEROUS_VERBS.includes(verb))
        .map((verb) => `${id}: ${verb}`),
    ]),
  );
});

test('Secrets are granted by name, without list, watch, create or delete, and exactly those of the plan', () => {
  const secretRules = rules.filter(({ rule }) => rule.resources?.includes('secrets'));
  const { plan } = context.topology;

  for (const { id, rule } of secretRules) {
    expect(id).toMatch(/^Role .+\/certificate-controller$/);
    expect(rule.resources).toEqual(['secrets']);
    expect(rule.verbs).toEqual(['get', 'update']);
  }
  const named = secretRules.flatMap(({ id, rule }) =>
    (rule.resourceNames ?? []).map((name) => `${id.replace(/^Role ([^/]+)\/.*/, '$1')}/${name}`),
  );
  const planned = [plan.authority, ...plan.leaves, ...plan.passwords].map(
    ({ namespace, secret }) => `${namespace}/${secret}`,
  );
  expect(named.sort()).toEqual(planned.sort());
  const applied = ofKind(objects, 'Secret').map(
    ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
  );
  const { namespace, secret } = DESTINATIONS;
  // People fill this one.
  expect(applied.sort()).toEqual([...planned, `${namespace}/${secret}`].sort());
});

test('workloads are changed by name only, and exactly those that the plan may restart', () => {
  const changing = rules.filter(
    ({ rule }) => rule.apiGroups?.includes('apps') && rule.verbs.includes('patch'),
  );
  const named = changing.flatMap(({ rule }) => rule.resourceNames ?? ['*']);
  const { leaves, passwords } = context.topology.plan;
  const planned = [
    ...leaves.map(({ restartOnCaChange }) => restartOnCaChange?.name),
    ...passwords.map(({ restart }) => restart?.name),
  ].filter((name) => name !== undefined);

  expect(named.sort()).toEqual([...new Set(planned)].sort());
});

test('only the certificate-controller changes anything', () => {
  const changing = rules.filter(({ rule }) =>
    rule.verbs.some((verb) => !['get', 'list', 'watch'].includes(verb)),
  );

  expect([...new Set(changing.map(({ id }) => id.replace(/^.*\//, '')))]).toEqual(
    expect.arrayContaining(['certificate-controller']),
  );
  expect(changing.filter(({ id }) => !id.endsWith('certificate-controller'))).toEqual([]);
});

test('without approval of kubelet certificates, the controller has no right in the whole cluster', () => {
  const without = stackOf({ cluster: { approveKubeletServing: false } }).objects;

  expect(ofKind(without, 'ClusterRole').map(({ metadata }) => metadata.name)).not.toContain(
    'vigil-certificate-controller',
  );
  expect(rulesOf(find(objects, 'ClusterRole vigil-certificate-controller'))).toContainEqual({
    apiGroups: ['certificates.k8s.io'],
    resources: ['signers'],
    resourceNames: ['kubernetes.io/kubelet-serving'],
    verbs: ['approve'],
  });
});
