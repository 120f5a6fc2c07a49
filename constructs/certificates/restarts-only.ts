import type {
  V1ValidatingAdmissionPolicyBindingSpec,
  V1ValidatingAdmissionPolicySpec,
} from '@kubernetes/client-node';
import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { userOf, withoutNamespace } from '../kubernetes';
import type { Component } from '../topology';

/**
 * Lets a component restart the workloads that it may patch, and change nothing of what they run. Roles grant a patch of
 * the whole object; of a DaemonSet in a privileged namespace that is as much as root on every node.
 *
 * @param resources kinds of workloads as the API names them, such as `daemonsets`
 */
export function restartsOnly(
  scope: Construct,
  component: Component,
  resources: readonly string[],
): void {
  const name = `vigil-${component.name}-restarts-only`;
  const policy: V1ValidatingAdmissionPolicySpec = {
    failurePolicy: 'Fail',
    matchConstraints: {
      resourceRules: [
        {
          apiGroups: ['apps'],
          apiVersions: ['v1'],
          operations: ['UPDATE'],
          resources: [...resources],
        },
      ],
    },
    matchConditions: [
      { name: 'by-it', expression: `request.userInfo.username == '${userOf(component)}'` },
    ],
    validations: [
      {
        expression:
          'object.spec.template.spec == oldObject.spec.template.spec && ' +
          // A DaemonSet has none, of which the check of types would warn.
          'dyn(object.spec).?replicas == dyn(oldObject.spec).?replicas',
        message: `${component.name} restarts workloads, and changes neither what they run nor how many`,
      },
    ],
  };
  const binding: V1ValidatingAdmissionPolicyBindingSpec = {
    policyName: name,
    validationActions: ['Deny'],
  };
  const apiVersion = 'admissionregistration.k8s.io/v1';
  for (const [kind, spec] of Object.entries({
    ValidatingAdmissionPolicy: policy,
    ValidatingAdmissionPolicyBinding: binding,
  })) {
    withoutNamespace(new ApiObject(scope, kind, { apiVersion, kind, metadata: { name }, spec }));
  }
}
