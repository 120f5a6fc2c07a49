import { type ApiObject, JsonPatch } from 'cdk8s';
import type { Construct } from 'constructs';
import {
  KubeClusterRole,
  KubeClusterRoleBinding,
  KubeRole,
  KubeRoleBinding,
  type PolicyRule,
} from '../../imports/k8s';
import type { Component } from '../topology';

const subjectsOf = ({ name, namespace }: Component) => [
  { kind: 'ServiceAccount', name, namespace },
];

/** The name under which the API server knows a component. */
export const userOf = ({ name, namespace }: Pick<Component, 'name' | 'namespace'>): string =>
  `system:serviceaccount:${namespace}:${name}`;

/** Grants a component rules in one namespace. */
export function grantIn(
  scope: Construct,
  component: Component,
  namespace: string,
  rules: PolicyRule[],
): void {
  const metadata = { name: component.name, namespace };
  new KubeRole(scope, `role-${namespace}`, { metadata, rules });
  new KubeRoleBinding(scope, `role-binding-${namespace}`, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: component.name },
    subjects: subjectsOf(component),
  });
}

/** Grants a component rules on what belongs to no namespace, or to all of them. */
export function grantInCluster(scope: Construct, component: Component, rules: PolicyRule[]): void {
  const metadata = { name: `vigil-${component.name}` };
  const role = new KubeClusterRole(scope, 'cluster-role', { metadata, rules });
  const binding = new KubeClusterRoleBinding(scope, 'cluster-role-binding', {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: metadata.name },
    subjects: subjectsOf(component),
  });
  for (const object of [role, binding]) withoutNamespace(object);
}

/** cdk8s writes the chart's namespace on every object, even on those that belong to none. */
export const withoutNamespace = (object: ApiObject): void =>
  object.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
