import { auditPolicy } from '../../../cli/lib/audit-policy';

interface Rule {
  readonly level: string;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly {
    readonly group?: string;
    readonly resources?: readonly string[];
  }[];
  readonly nonResourceURLs?: readonly string[];
}

interface Request {
  readonly user: string;
  readonly groups?: readonly string[];
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
}

const { rules } = auditPolicy({
  certificateController: 'controller',
  prometheus: 'prometheus',
}) as {
  rules: Rule[];
};

/** The level of a request: the first rule that matches, as the API server does it. */
function levelOf(request: Request): string | undefined {
  return rules.find((rule) => matches(rule, request))?.level;
}

function matches(rule: Rule, request: Request): boolean {
  return !rule.nonResourceURLs && matchesUser(rule, request) && matchesResource(rule, request);
}

function matchesUser({ users, userGroups, verbs }: Rule, request: Request): boolean {
  const { user, groups = [], verb } = request;
  const isUser = users?.includes(user) ?? true;
  const isInGroup = userGroups?.some((each) => groups.includes(each)) ?? true;
  return isUser && isInGroup && (verbs?.includes(verb) ?? true);
}

function matchesResource({ resources }: Rule, { group = '', resource }: Request): boolean {
  const subresource = resource.split('/')[1];
  const names = [resource, ...(subresource ? [`*/${subresource}`] : [])];
  return (resources ?? [{ group }]).some(
    (each) =>
      each.group === group && (each.resources ?? names).some((name) => names.includes(name)),
  );
}

test.each([
  ['a person reads a Secret', { user: 'me', verb: 'get', resource: 'secrets' }, 'Metadata'],
  ['a person lists Secrets', { user: 'me', verb: 'list', resource: 'secrets' }, 'Metadata'],
  [
    'the controller writes a Secret',
    { user: 'controller', verb: 'update', resource: 'secrets' },
    'Metadata',
  ],
  [
    'the controller reads a Secret',
    { user: 'controller', verb: 'get', resource: 'secrets' },
    'None',
  ],
  ['somebody enters a pod', { user: 'me', verb: 'get', resource: 'pods/exec' }, 'Request'],
  [
    'somebody tunnels to a pod',
    { user: 'me', verb: 'create', resource: 'pods/portforward' },
    'Request',
  ],
  [
    'Prometheus scrapes through the API server',
    { user: 'prometheus', verb: 'get', resource: 'pods/proxy' },
    'None',
  ],
  ['somebody else uses the proxy', { user: 'me', verb: 'get', resource: 'pods/proxy' }, 'Request'],
  [
    'rights are given',
    { user: 'me', verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'clusterroles' },
    'Request',
  ],
  [
    'a stranger lists pods',
    { user: 'system:anonymous', verb: 'list', resource: 'pods' },
    'Metadata',
  ],
  ['a person lists pods', { user: 'me', verb: 'list', resource: 'pods' }, 'None'],
  ['a person deletes a pod', { user: 'me', verb: 'delete', resource: 'pods' }, 'Metadata'],
  [
    'a person changes a Deployment',
    { user: 'me', verb: 'patch', group: 'apps', resource: 'deployments' },
    'Metadata',
  ],
  [
    'a status is written',
    { user: 'c', verb: 'update', group: 'apps', resource: 'deployments/status' },
    'None',
  ],
  [
    'a lease is renewed',
    { user: 'n', verb: 'update', group: 'coordination.k8s.io', resource: 'leases' },
    'None',
  ],
  [
    'a kubelet fetches a Secret',
    { user: 'system:node:a', groups: ['system:nodes'], verb: 'get', resource: 'secrets' },
    'None',
  ],
])('%s', (_case, request, level) => {
  expect(levelOf(request)).toBe(level);
});

test('no request about Secrets is ever logged with its contents', () => {
  for (const verb of [
    'get',
    'list',
    'watch',
    'create',
    'update',
    'patch',
    'delete',
    'deletecollection',
  ]) {
    expect(['None', 'Metadata']).toContain(levelOf({ user: 'anyone', verb, resource: 'secrets' }));
  }
});
