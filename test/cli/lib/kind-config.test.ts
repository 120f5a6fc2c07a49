import { parse } from 'yaml';
import { AUDIT_MOUNT, kindConfig, type KindConfig } from '../../../cli/lib/kind-config';

const config = (nodes = 3, nodeImage?: string): KindConfig =>
  kindConfig({
    name: 'test',
    nodes,
    nodeImage,
    auditFolder: '/home/me/.vigil/test',
    auditLogFolder: '/var/log/kubernetes',
  });

interface Patch {
  readonly kind: string;
  readonly apiVersion?: string;
  readonly [key: string]: unknown;
}

const patches = (nodes = 3): Map<string, Patch> =>
  new Map(
    config(nodes)
      .kubeadmConfigPatches.map((text) => parse(text) as Patch)
      .map((patch) => [patch.kind, patch]),
  );

test('three nodes carry the three roles and the label of the cluster', () => {
  const { nodes } = config();
  expect(nodes.map(({ role }) => role)).toEqual(['control-plane', 'worker', 'worker']);
  expect(nodes.map(({ labels }) => labels['vigil.local/role'])).toEqual([
    'monitoring',
    'web-1',
    'web-2',
  ]);
  expect(nodes.every(({ labels }) => labels['vigil.local/cluster'] === 'test')).toBe(true);
});

test('one node is a control plane alone; with five, workers take turns at the web roles', () => {
  expect(config(1).nodes.map(({ role }) => role)).toEqual(['control-plane']);
  const roles = config(5).nodes.map(({ labels }) => labels['vigil.local/role']);
  expect(roles).toEqual(['monitoring', 'web-1', 'web-2', 'web-1', 'web-2']);
});

test('the node image is set on every node, or on none, so that kind chooses', () => {
  expect(config(3, 'kindest/node:x').nodes.map(({ image }) => image)).toEqual(
    Array(3).fill('kindest/node:x'),
  );
  expect(config().nodes.some((node) => 'image' in node)).toBe(false);
});

test('only the control plane mounts the folder of the audit policy, read-only', () => {
  const [controlPlane, ...workers] = config().nodes;
  expect(controlPlane?.extraMounts).toEqual([
    { hostPath: '/home/me/.vigil/test', containerPath: AUDIT_MOUNT, readOnly: true },
  ]);
  expect(workers.some(({ extraMounts }) => extraMounts)).toBe(false);
});

test('patches name no kubeadm version, which kind would apply to that version only', () => {
  for (const patch of patches().values()) expect(patch.apiVersion).toBeUndefined();
});

test('scheduler and controller-manager listen on the node with a certificate of the cluster', () => {
  const cluster = patches().get('ClusterConfiguration');
  const extraArgs = {
    'bind-address': '0.0.0.0',
    'tls-cert-file': '/etc/kubernetes/pki/apiserver.crt',
    'tls-private-key-file': '/etc/kubernetes/pki/apiserver.key',
  };
  expect(cluster).toMatchObject({ controllerManager: { extraArgs }, scheduler: { extraArgs } });
});

test('all extraArgs are strings, as kubeadm demands', () => {
  const { apiServer } = patches().get('ClusterConfiguration') as unknown as {
    apiServer: { extraArgs: Record<string, unknown> };
  };
  expect(Object.values(apiServer.extraArgs).every((value) => typeof value === 'string')).toBe(true);
  expect(apiServer.extraArgs).toMatchObject({ 'audit-log-path': '/var/log/kubernetes/audit.log' });
});

test('the control plane has no taint; kubelets ask for serving certificates, measure volumes often, and keep logs', () => {
  expect(patches().get('InitConfiguration')).toMatchObject({ nodeRegistration: { taints: [] } });
  // kind removes the taint of a single node itself, and fails when it is not there.
  expect(patches(1).has('InitConfiguration')).toBe(false);
  expect(patches().get('KubeletConfiguration')).toMatchObject({
    serverTLSBootstrap: true,
    volumeStatsAggPeriod: '15s',
    containerLogMaxSize: '50Mi',
    syncFrequency: '10s',
  });
});
