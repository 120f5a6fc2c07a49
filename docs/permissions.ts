import type {
  V1Container,
  V1PodSpec,
  V1PodTemplateSpec,
  V1PolicyRule,
  V1RoleBinding,
} from '@kubernetes/client-node';
import type { Manifest } from '../constructs/synth';
import { code, rows } from './markdown';

/** The page of what the stack may do in a cluster, in Markdown. */
export function permissionsPage(objects: readonly Manifest[]): string {
  const pods = podsOf(objects);
  return `<!-- Written by \`npm run docs\` from the manifests. -->

# What it is allowed to do

## At the API server

Every component has a service account of its own. The token is mounted for those in this table; the others have none.

| who | may | what | where |
|---|---|---|---|
${rows(grantsOf(objects), ({ who, verbs, what, where }) => [who, verbs, what, where.join(', ')])}

## On the nodes

Containers that see something of their node, are root or keep a capability. Every other one is in a namespace that enforces
the Pod Security level _restricted_. All of them, these too, have a read-only root file system, no way to more privileges, and
the runtime's seccomp profile.

| container | user | capabilities | of the node |
|---|---|---|---|
${rows(pods.flatMap(outstanding), ({ name, user, capabilities, seen }) => [
  name,
  user,
  code(capabilities) || 'none',
  seen.join(', ') || 'nothing',
])}
`;
}

interface Grant {
  readonly who: string;
  readonly verbs: string;
  readonly what: string;
  /** Namespaces; `everywhere` for the cluster. */
  readonly where: string[];
}

/** What the bindings grant; the same in several namespaces is one row. */
function grantsOf(objects: readonly Manifest[]): Grant[] {
  const grants = new Map<string, Grant>();
  const bindings = objects.filter(({ kind }) => kind.endsWith('RoleBinding')) as V1RoleBinding[];
  for (const { metadata, roleRef, subjects = [] } of bindings) {
    const role = objects.find(
      ({ kind, metadata: { name, namespace } }) =>
        kind === roleRef.kind && name === roleRef.name && namespace === metadata?.namespace,
    ) as (Manifest & { readonly rules: readonly V1PolicyRule[] }) | undefined;
    if (!role) throw new Error(`${roleRef.kind} ${roleRef.name} is not in the manifests`);
    const who = subjects.map(({ name }) => name).join(', ');
    for (const rule of role.rules) {
      const [verbs, what] = [rule.verbs.join(', '), objectOf(rule)];
      const key = JSON.stringify([who, verbs, what]);
      const grant = grants.get(key) ?? { who, verbs, what, where: [] };
      grant.where.push(metadata?.namespace ?? 'everywhere');
      grants.set(key, grant);
    }
  }
  return [...grants.values()];
}

function objectOf({ resources = [], resourceNames = [], nonResourceURLs = [] }: V1PolicyRule) {
  const kinds = resources.join(', ') || code(nonResourceURLs);
  return resourceNames.length > 0 ? `${kinds} ${code(resourceNames)}` : kinds;
}

interface Outstanding {
  readonly name: string;
  readonly user: string;
  readonly capabilities: readonly string[];
  readonly seen: readonly string[];
}

function outstanding(pod: V1PodSpec): Outstanding[] {
  const shared = [
    ...(pod.hostNetwork ? ['its network'] : []),
    ...(pod.hostPID ? ['its processes'] : []),
  ];
  return pod.containers.flatMap((container) => {
    const { runAsUser, runAsGroup, capabilities } = {
      ...pod.securityContext,
      ...container.securityContext,
    };
    const group = runAsGroup === 0 && runAsUser !== 0 ? ', group 0' : '';
    const added = capabilities?.add ?? [];
    const folders = foldersOf(pod, container);
    if (folders.length + added.length === 0 && runAsUser !== 0) return [];
    const user = `${runAsUser}${group}`;
    return [{ name: container.name, user, capabilities: added, seen: [...shared, ...folders] }];
  });
}

/** The node's folders in a container. */
const foldersOf = ({ volumes = [] }: V1PodSpec, { volumeMounts = [] }: V1Container): string[] =>
  volumeMounts.flatMap(({ name, readOnly }) => {
    const path = volumes.find((volume) => volume.name === name)?.hostPath?.path;
    return path === undefined ? [] : `\`${path}\` (${readOnly ? 'read-only' : 'writable'})`;
  });

const podsOf = (objects: readonly Manifest[]): V1PodSpec[] =>
  objects.flatMap((object) => {
    const { template } =
      (object as { readonly spec?: { readonly template?: V1PodTemplateSpec } }).spec ?? {};
    return template?.spec ?? [];
  });
