import { clusterAudit } from '../../../../constructs/loki/rules/cluster-audit';
import { alertsOf } from '../../../../constructs/prometheus/rules';
import { parseSettings } from '../../../../constructs/settings';
import { buildTopology } from '../../../../constructs/topology';
import { describeLogRules, type Said } from '../../../support/log-rule-tests';

const settings = parseSettings({});
const topology = buildTopology(settings);
const group = clusterAudit(settings, topology);

const CONTROLLER = 'system:serviceaccount:vigil-system:certificate-controller';
const PROMETHEUS = 'system:serviceaccount:monitoring:prometheus';
const CI = 'system:serviceaccount:ci:deployer';
const CONTROL_PLANE = 'system:serviceaccount:kube-system';

interface Request {
  readonly user: string;
  readonly verb: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly code?: number;
  readonly uri?: string;
  readonly ago?: readonly number[];
}

let requests = 0;

/** What the API server writes about a request: a line when it ends, and of some a line when it begins. */
function audited({ ago = [30], ...request }: Request): Said {
  const { user, verb, resource, subresource, namespace, name, code = 200, uri = '/api' } = request;
  requests += 1;
  const line = JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: `6b1c-${requests}`,
    stage: 'ResponseComplete',
    requestURI: uri,
    verb,
    user: { username: user },
    sourceIPs: ['172.18.0.9'],
    objectRef: { resource, subresource, namespace, name },
    responseStatus: { code },
  });
  return {
    job: 'audit',
    labels: { node: 'control-plane' },
    metadata: {
      user,
      verb,
      code: String(code),
      source_ip: '172.18.0.9',
      ...(resource !== undefined && { resource }),
      ...(subresource !== undefined && { subresource }),
      ...(namespace !== undefined && { object_namespace: namespace }),
      ...(name !== undefined && { object_name: name }),
    },
    line,
    ago,
  };
}

const toPod = (subresource: string, user: string, more: Partial<Request> = {}): Said =>
  audited({
    user,
    verb: 'get',
    resource: 'pods',
    subresource,
    namespace: 'shop',
    name: 'cart-1',
    code: 101,
    ...more,
  });

const ofSecrets = (user: string, more: Partial<Request> = {}): Said =>
  audited({ user, verb: 'list', resource: 'secrets', namespace: 'shop', ...more });

const ofRoles = (user: string, more: Partial<Request> = {}): Said =>
  audited({
    user,
    verb: 'create',
    resource: 'rolebindings',
    namespace: 'shop',
    code: 201,
    ...more,
  });

const stranger = (more: Partial<Request>): Said =>
  audited({ user: 'system:anonymous', verb: 'get', ...more });

describeLogRules(group, [
  {
    alert: 'ExecIntoPod',
    title: 'fires for everyone who enters a pod, with one for a session that began and ended',
    lines: [
      toPod('exec', 'kubernetes-admin', { ago: [60, 30] }),
      toPod('attach', CI),
      toPod('attach', CI),
      toPod('ephemeralcontainers', 'alice', { verb: 'patch', code: 200 }),
    ],
    fires: [
      { labels: { user: 'kubernetes-admin', namespace: 'shop', pod: 'cart-1' }, value: 1 },
      { labels: { user: CI, namespace: 'shop', pod: 'cart-1' }, value: 2 },
      { labels: { user: 'alice', namespace: 'shop', pod: 'cart-1' }, value: 1 },
    ],
  },
  {
    alert: 'ExecIntoPod',
    title: 'is quiet about what was refused, other ways into a pod, and after 5 minutes',
    lines: [
      toPod('exec', 'alice', { code: 403 }),
      toPod('exec', 'alice', { code: 500 }),
      toPod('portforward', 'alice'),
      toPod('exec', 'alice', { ago: [301] }),
    ],
    fires: [],
  },
  {
    alert: 'TunnelByUnknown',
    title: 'fires for tunnels of users that are not known',
    lines: [
      toPod('portforward', 'alice'),
      audited({ user: CI, verb: 'get', resource: 'nodes', subresource: 'proxy', name: 'worker' }),
    ],
    fires: [
      { labels: { user: 'alice', namespace: 'shop', resource: 'pods', pod: 'cart-1' }, value: 1 },
      { labels: { user: CI, resource: 'nodes', pod: 'worker' }, value: 1 },
    ],
  },
  {
    alert: 'TunnelByUnknown',
    title: 'is quiet about administrators, Prometheus, and what was refused',
    lines: [
      toPod('portforward', 'kubernetes-admin'),
      toPod('proxy', PROMETHEUS, { code: 200 }),
      toPod('portforward', 'alice', { code: 403 }),
    ],
    fires: [],
  },
  {
    alert: 'SecretReadByUnknown',
    title: 'fires for whoever is not known to read Secrets, our other components among them',
    lines: [
      ofSecrets(CI),
      ofSecrets(CI, { verb: 'get', name: 'db' }),
      ofSecrets(PROMETHEUS, { verb: 'watch', namespace: undefined, ago: [60, 30] }),
      ofSecrets('kubernetes-administrator'),
    ],
    fires: [
      { labels: { user: CI, namespace: 'shop' }, value: 2 },
      { labels: { user: PROMETHEUS }, value: 1 },
      { labels: { user: 'kubernetes-administrator', namespace: 'shop' }, value: 1 },
    ],
  },
  {
    alert: 'SecretReadByUnknown',
    title: 'is quiet about the system, the certificate-controller, administrators, and refusals',
    lines: [
      ofSecrets('system:kube-controller-manager', { verb: 'watch' }),
      ofSecrets(`${CONTROL_PLANE}:namespace-controller`),
      ofSecrets('system:node:worker', { verb: 'get' }),
      ofSecrets(CONTROLLER, { verb: 'get' }),
      ofSecrets('kubernetes-admin', { verb: 'get' }),
      ofSecrets(CI, { code: 403 }),
      ofSecrets(CI, { verb: 'create', code: 201 }),
    ],
    fires: [],
  },
  {
    alert: 'RbacChanged',
    title: 'fires for changes of roles and bindings',
    lines: [
      ofRoles('alice'),
      ofRoles('alice', { verb: 'delete', code: 200 }),
      ofRoles(CI, { resource: 'clusterroles', namespace: undefined, verb: 'patch', code: 200 }),
      ofRoles(`${CONTROL_PLANE}:default`),
    ],
    fires: [
      { labels: { user: 'alice', namespace: 'shop' }, value: 2 },
      { labels: { user: CI }, value: 1 },
      { labels: { user: `${CONTROL_PLANE}:default`, namespace: 'shop' }, value: 1 },
    ],
  },
  {
    alert: 'RbacChanged',
    title: 'is quiet about administrators, controllers of roles, refusals, and other objects',
    lines: [
      ofRoles('kubernetes-admin'),
      ofRoles('kubernetes-super-admin', { resource: 'clusterrolebindings' }),
      ofRoles(`${CONTROL_PLANE}:namespace-controller`, { verb: 'deletecollection', code: 200 }),
      ofRoles(`${CONTROL_PLANE}:clusterrole-aggregation-controller`, { verb: 'patch', code: 200 }),
      ofRoles('alice', { code: 403 }),
      ofRoles('alice', { resource: 'deployments' }),
    ],
    fires: [],
  },
  {
    alert: 'AnonymousAccess',
    title: 'fires for anything that a stranger is given',
    lines: [
      stranger({ resource: 'pods', namespace: 'shop', uri: '/api/v1/namespaces/shop/pods' }),
      stranger({ uri: '/metrics' }),
      stranger({ resource: 'configmaps', namespace: 'shop', name: 'cluster-info' }),
    ],
    fires: [
      { labels: { client: '172.18.0.9', resource: 'pods' }, value: 1 },
      { labels: { client: '172.18.0.9' }, value: 1 },
      { labels: { client: '172.18.0.9', resource: 'configmaps' }, value: 1 },
    ],
  },
  {
    alert: 'AnonymousAccess',
    title: 'is quiet about health, what new nodes ask, refusals, and users',
    lines: [
      stranger({ uri: '/livez?verbose' }),
      stranger({ uri: '/version' }),
      stranger({ resource: 'configmaps', namespace: 'kube-public', name: 'cluster-info' }),
      stranger({ resource: 'pods', code: 403 }),
      stranger({ uri: '/', code: 401 }),
      audited({ user: 'alice', verb: 'list', resource: 'pods' }),
    ],
    fires: [],
  },
]);

test('who administers the cluster is a setting, and a name there is no pattern', () => {
  const administrators = ['oidc:a.b@example.com', 'c*'];
  const rules = alertsOf(
    clusterAudit(parseSettings({ thresholds: { logs: { administrators } } }), topology),
  );
  const known = rules.filter(({ expr }) => expr.includes('oidc:a\\.b@example\\.com|c\\*'));

  expect(known.map(({ alert }) => alert)).toEqual([
    'TunnelByUnknown',
    'SecretReadByUnknown',
    'RbacChanged',
  ]);
  expect(() => parseSettings({ thresholds: { logs: { administrators: ['a`b'] } } })).toThrow(
    'thresholds.logs.administrators',
  );
});
