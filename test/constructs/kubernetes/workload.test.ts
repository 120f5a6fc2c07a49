import { App } from 'cdk8s';
import {
  ComponentChart,
  Workload,
  contextOf,
  type ContainerProps,
  type WorkloadProps,
} from '../../../constructs/kubernetes';
import { parseSettings } from '../../../constructs/settings';
import { find, idOf, onlyPods, type Rendered } from '../../support/stack';

const container: ContainerProps = { name: 'grafana' };

function render(
  component: string,
  props: Partial<WorkloadProps> = {},
): { readonly objects: readonly Rendered[] } {
  const chart = new ComponentChart(new App(), contextOf(parseSettings({})), component);
  new Workload(chart, { user: 1000, containers: [container], ...props });
  return { objects: chart.toJson() as Rendered[] };
}

test('what is not asked for is hardened', () => {
  const { spec, containers, volumes } = onlyPods(render('grafana'));

  expect(spec).toMatchObject({
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 30,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    },
  });
  expect(containers[0]).toMatchObject({
    imagePullPolicy: 'IfNotPresent',
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [{ name: 'tls', mountPath: '/etc/vigil/tls', readOnly: true }],
  });
  expect(volumes.map(({ name }) => name)).toEqual(['tls']);
});

test('the certificate is mounted by item, so that the pod waits until it is there', () => {
  const [volume] = onlyPods(render('grafana')).volumes;

  expect(volume?.projected?.sources).toEqual([
    {
      secret: {
        name: 'grafana-tls',
        items: ['tls.crt', 'tls.key', 'ca.crt'].map((key) => ({ key, path: key })),
      },
    },
  ]);
});

test.each([
  ['grafana', ['ServiceAccount', 'Service', 'Deployment']],
  ['prometheus', ['ServiceAccount', 'Service', 'StatefulSet']],
  ['cadvisor', ['ServiceAccount', 'DaemonSet']],
])('%s becomes %j', (component, kinds) => {
  expect(render(component).objects.map(({ kind }) => kind)).toEqual(kinds);
});

test('agents run on every node, the rest prefers the node of its role and takes any', () => {
  expect(onlyPods(render('cadvisor')).spec.tolerations).toEqual([{ operator: 'Exists' }]);
  const { affinity, tolerations } = onlyPods(render('grafana')).spec;
  expect(tolerations).toBeUndefined();
  expect(Object.keys(affinity?.nodeAffinity ?? {})).toEqual([
    'preferredDuringSchedulingIgnoredDuringExecution',
  ]);
});

test('a Deployment replaces its pod by a ready one, unless two at once would harm', () => {
  const strategyOf = (props: Partial<WorkloadProps>): unknown =>
    find(render('grafana', props).objects, 'Deployment monitoring/grafana').spec?.strategy;

  expect(strategyOf({})).toEqual({
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
  });
  expect(strategyOf({ recreate: true })).toEqual({ type: 'Recreate' });
});

test('options reach the pod', () => {
  const { spec, containers, claims } = onlyPods(
    render('prometheus', {
      apiToken: true,
      hostPid: true,
      gracePeriodSeconds: 120,
      mountsOwnTls: false,
      storage: { name: 'data', size: '1Gi' },
      containers: [{ ...container, tls: false, capabilities: ['NET_BIND_SERVICE'], args: ['--x'] }],
    }),
  );

  expect(spec).toMatchObject({
    automountServiceAccountToken: true,
    hostPID: true,
    terminationGracePeriodSeconds: 120,
  });
  expect(spec.volumes ?? []).toEqual([]);
  expect(claims).toEqual(['data']);
  expect(containers[0]).toMatchObject({
    args: ['--x'],
    securityContext: { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } },
  });
});

test('names carry no hash, so that they stay what others call them', () => {
  expect(render('kubeStateMetrics').objects.map(idOf)).toEqual([
    'ServiceAccount monitoring/kube-state-metrics',
    'Service monitoring/kube-state-metrics',
    'Deployment monitoring/kube-state-metrics',
  ]);
});
