import type { V1Container, V1PodSpec } from '@kubernetes/client-node';
import { baselineViolations, restrictedViolations } from './pod-security';

const container: V1Container = {
  name: 'app',
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
};
const good: V1PodSpec = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [container],
  volumes: [{ name: 'data', emptyDir: {} }],
};
const withContext = (context: V1Container['securityContext']): V1PodSpec => ({
  ...good,
  containers: [{ ...container, securityContext: { ...container.securityContext, ...context } }],
});
const withPod = (context: V1PodSpec['securityContext']): V1PodSpec => ({
  ...good,
  securityContext: { ...good.securityContext, ...context },
});

test('a pod that does everything right is admitted', () => {
  expect(restrictedViolations(good)).toEqual([]);
});

test.each<[string, V1PodSpec]>([
  ['hostNetwork', { ...good, hostNetwork: true }],
  ['hostPID', { ...good, hostPID: true }],
  ['hostIPC', { ...good, hostIPC: true }],
  ['hostPath volume root', { ...good, volumes: [{ name: 'root', hostPath: { path: '/' } }] }],
  ['seccomp Unconfined', withPod({ seccompProfile: { type: 'Unconfined' } })],
  ['AppArmor Unconfined', withPod({ appArmorProfile: { type: 'Unconfined' } })],
  ['SELinux user', withPod({ seLinuxOptions: { user: 'root' } })],
  ['sysctl kernel.msgmax', withPod({ sysctls: [{ name: 'kernel.msgmax', value: '1' }] })],
  ['app: privileged', withContext({ privileged: true })],
  [
    'app: capability SYS_ADMIN',
    withContext({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } }),
  ],
  ['app: procMount', withContext({ procMount: 'Unmasked' })],
  ['app: SELinux type spc_t', withContext({ seLinuxOptions: { type: 'spc_t' } })],
  [
    'app: hostPort 80',
    { ...good, containers: [{ ...container, ports: [{ containerPort: 80, hostPort: 80 }] }] },
  ],
  [
    'app: probe host 10.0.0.1',
    {
      ...good,
      containers: [{ ...container, livenessProbe: { tcpSocket: { host: '10.0.0.1', port: 1 } } }],
    },
  ],
])('baseline refuses %s', (what, pod) => {
  expect(baselineViolations(pod)).toEqual([what]);
});

test.each<[string, V1PodSpec]>([
  [
    'volume data is a nfs',
    { ...good, volumes: [{ name: 'data', nfs: { path: '/', server: 'x' } }] },
  ],
  ['runAsUser 0', withPod({ runAsUser: 0 })],
  ['app: runAsUser 0', withContext({ runAsUser: 0 })],
  ['app: runAsNonRoot not true', withContext({ runAsNonRoot: false })],
  ['app: runAsNonRoot not true', withPod({ runAsNonRoot: undefined })],
  ['app: seccomp none', withPod({ seccompProfile: undefined })],
  ['app: allowPrivilegeEscalation not false', withContext({ allowPrivilegeEscalation: undefined })],
  ['app: capabilities not dropped', withContext({ capabilities: { drop: ['NET_RAW'] } })],
  ['app: capability CHOWN added', withContext({ capabilities: { drop: ['ALL'], add: ['CHOWN'] } })],
  [
    'init: capabilities not dropped',
    {
      ...good,
      initContainers: [{ name: 'init', securityContext: { allowPrivilegeEscalation: false } }],
    },
  ],
])('restricted refuses %s', (what, pod) => {
  expect(restrictedViolations(pod)).toEqual([what]);
});

test('restricted lets through what it allows', () => {
  expect(
    restrictedViolations(
      withContext({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }),
    ),
  ).toEqual([]);
});
