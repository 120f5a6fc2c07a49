import { App } from 'cdk8s';
import { ComponentChart, contextOf, grantIn, grantInCluster } from '../../../constructs/kubernetes';
import { parseSettings } from '../../../constructs/settings';
import { find, idOf, type Rendered } from '../../support/stack';

const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];

const chart = new ComponentChart(new App(), contextOf(parseSettings({})), 'prometheus');
grantIn(chart, chart.component, 'kube-system', rules);
grantInCluster(chart, chart.component, rules);
const objects = chart.toJson() as Rendered[];

test('a role in another namespace is bound to the component’s account in its own', () => {
  expect(find(objects, 'RoleBinding kube-system/prometheus')).toMatchObject({
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'prometheus' },
    subjects: [{ kind: 'ServiceAccount', name: 'prometheus', namespace: 'monitoring' }],
  });
});

test('a cluster role belongs to no namespace, and its name says whose it is', () => {
  expect(objects.map(idOf)).toEqual([
    'Role kube-system/prometheus',
    'RoleBinding kube-system/prometheus',
    'ClusterRole vigil-prometheus',
    'ClusterRoleBinding vigil-prometheus',
  ]);
  expect(find(objects, 'ClusterRole vigil-prometheus').rules).toEqual(rules);
});
