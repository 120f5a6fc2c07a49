import type { V1PolicyRule } from '@kubernetes/client-node';
import { chartOf, fileOf, find, idOf, ofKind, onlyPods } from '../../support/stack';

test('the controller, its plan, its Secrets and its rights', () => {
  const chart = chartOf('certificate-controller');
  const plan = JSON.parse(fileOf(chart.objects, 'vigil-system/certificate-plan', 'plan.json')) as {
    version: number;
    leaves: { component: string }[];
    passwords: object[];
  };

  expect(plan.version).toBe(1);
  // And the authority's.
  expect(ofKind(chart.objects, 'Secret')).toHaveLength(
    plan.leaves.length + plan.passwords.length + 1,
  );
  // Two at once would each issue.
  expect(find(chart.objects, 'Deployment vigil-system/certificate-controller').spec).toMatchObject({
    replicas: 1,
    strategy: { type: 'Recreate' },
  });
  // Its own certificate is a Secret that it fills, so that it must not wait for it.
  expect(onlyPods(chart).volumes.map(({ name }) => name)).toEqual(['certificate-plan']);
  expect(chart.text).toMatchSnapshot();
});

test('a policy of the API server keeps to restarts what its roles let it patch', () => {
  const { objects } = chartOf('certificate-controller');
  const rules = ofKind(objects, 'Role').flatMap(({ rules: all }) => all as V1PolicyRule[]);
  const patched = rules.flatMap(({ verbs, resources = [] }) =>
    verbs.includes('patch') ? resources : [],
  );
  const [policy] = ofKind(objects, 'ValidatingAdmissionPolicy');
  const [binding] = ofKind(objects, 'ValidatingAdmissionPolicyBinding');

  expect(policy?.spec).toMatchObject({
    failurePolicy: 'Fail',
    matchConstraints: { resourceRules: [{ resources: [...new Set(patched)] }] },
    validations: [
      {
        expression:
          'object.spec.template.spec == oldObject.spec.template.spec && ' +
          'dyn(object.spec).?replicas == dyn(oldObject.spec).?replicas',
      },
    ],
  });
  expect(binding?.spec).toEqual({
    policyName: policy?.metadata.name,
    validationActions: ['Deny'],
  });
});

test('without approval of kubelet certificates it asks for no right in the whole cluster', () => {
  const { objects } = chartOf('certificate-controller', {
    cluster: { approveKubeletServing: false },
  });

  expect(objects.map(idOf).filter((id) => id.startsWith('Cluster'))).toEqual([]);
  expect(fileOf(objects, 'vigil-system/certificate-plan', 'plan.json')).toContain(
    '"approveKubeletServing": false',
  );
});

test('lifetimes reach the plan in seconds', () => {
  const { objects } = chartOf('certificate-controller', {
    certificates: { leafLifetime: '1d', rootLifetime: '30d', propagation: '1m' },
  });

  expect(JSON.parse(fileOf(objects, 'vigil-system/certificate-plan', 'plan.json'))).toMatchObject({
    leafLifetimeSeconds: 86_400,
    authority: { lifetimeSeconds: 2_592_000, propagationSeconds: 60 },
  });
});
