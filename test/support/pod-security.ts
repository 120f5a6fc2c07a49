import type { V1Container, V1PodSpec, V1Probe, V1SecurityContext } from '@kubernetes/client-node';

/**
 * The Pod Security Standards (kubernetes.io/docs/concepts/security/pod-security-standards, v1.34), control by control.
 * A check returns what violates it, with the place; nothing means that the pod is admitted.
 */
export type Level = 'privileged' | 'restricted';

const BASELINE_CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];
const SAFE_SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
];
const SELINUX_TYPES = [
  '',
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
];
const RESTRICTED_VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
const SECCOMP = ['RuntimeDefault', 'Localhost'];

const containersOf = (pod: V1PodSpec): V1Container[] => [
  ...(pod.initContainers ?? []),
  ...pod.containers,
];

/** What keeps a pod out of a namespace whose level is `baseline`. */
export function baselineViolations(pod: V1PodSpec): string[] {
  const { securityContext: context = {} } = pod;
  return [
    ...when(pod.hostNetwork, 'hostNetwork'),
    ...when(pod.hostPID, 'hostPID'),
    ...when(pod.hostIPC, 'hostIPC'),
    ...(pod.volumes ?? []).flatMap((volume) =>
      when(volume.hostPath, `hostPath volume ${volume.name}`),
    ),
    ...profileViolations(context),
    ...(context.sysctls ?? []).flatMap(({ name }) =>
      when(!SAFE_SYSCTLS.includes(name), `sysctl ${name}`),
    ),
    ...containersOf(pod).flatMap((container) =>
      baselineOfContainer(container).map((what) => `${container.name}: ${what}`),
    ),
  ];
}

function baselineOfContainer({
  securityContext: context = {},
  ...container
}: V1Container): string[] {
  return [
    ...when(context.privileged, 'privileged'),
    ...(context.capabilities?.add ?? []).flatMap((capability) =>
      when(!BASELINE_CAPABILITIES.includes(capability), `capability ${capability}`),
    ),
    ...(container.ports ?? []).flatMap(({ hostPort = 0 }) =>
      when(hostPort !== 0, `hostPort ${hostPort}`),
    ),
    ...when(context.procMount !== undefined && context.procMount !== 'Default', 'procMount'),
    ...profileViolations(context),
    ...[container.livenessProbe, container.readinessProbe, container.startupProbe].flatMap(
      probeHost,
    ),
    ...[container.lifecycle?.postStart, container.lifecycle?.preStop].flatMap(probeHost),
  ];
}

/** What pods and containers have in common. */
const profileViolations = (
  context: Pick<
    V1SecurityContext,
    'seccompProfile' | 'appArmorProfile' | 'seLinuxOptions' | 'windowsOptions'
  >,
): string[] => [
  ...when(context.seccompProfile?.type === 'Unconfined', 'seccomp Unconfined'),
  ...when(context.appArmorProfile?.type === 'Unconfined', 'AppArmor Unconfined'),
  ...seLinuxViolations(context.seLinuxOptions),
  ...when(context.windowsOptions?.hostProcess, 'hostProcess'),
];

const probeHost = (probe: Pick<V1Probe, 'httpGet' | 'tcpSocket'> | undefined): string[] => {
  const host = probe?.httpGet?.host ?? probe?.tcpSocket?.host;
  return when(host, `probe host ${host}`);
};

const seLinuxViolations = (
  options: { type?: string; user?: string; role?: string } = {},
): string[] => [
  ...when(!SELINUX_TYPES.includes(options.type ?? ''), `SELinux type ${options.type}`),
  ...when(options.user, 'SELinux user'),
  ...when(options.role, 'SELinux role'),
];

/** What keeps a pod out of a namespace whose level is `restricted`, baseline included. */
export function restrictedViolations(pod: V1PodSpec): string[] {
  const { securityContext: context = {} } = pod;
  return [
    ...baselineViolations(pod),
    ...(pod.volumes ?? []).flatMap(({ name, ...source }) =>
      Object.keys(source).flatMap((type) =>
        when(!RESTRICTED_VOLUMES.includes(type), `volume ${name} is a ${type}`),
      ),
    ),
    ...when(context.runAsUser === 0, 'runAsUser 0'),
    ...when(context.runAsNonRoot === false, 'runAsNonRoot false'),
    ...containersOf(pod).flatMap((container) =>
      restrictedOfContainer(container, context).map((what) => `${container.name}: ${what}`),
    ),
  ];
}

function restrictedOfContainer(
  { securityContext: context = {} }: V1Container,
  pod: NonNullable<V1PodSpec['securityContext']>,
): string[] {
  const { type: seccomp } = context.seccompProfile ?? pod.seccompProfile ?? { type: 'none' };
  const { add = [], drop = [] } = context.capabilities ?? {};
  return [
    ...when(context.allowPrivilegeEscalation !== false, 'allowPrivilegeEscalation not false'),
    ...when((context.runAsNonRoot ?? pod.runAsNonRoot) !== true, 'runAsNonRoot not true'),
    ...when(context.runAsUser === 0, 'runAsUser 0'),
    ...when(!SECCOMP.includes(seccomp), `seccomp ${seccomp}`),
    ...when(!drop.includes('ALL'), 'capabilities not dropped'),
    ...add.flatMap((capability) =>
      when(capability !== 'NET_BIND_SERVICE', `capability ${capability} added`),
    ),
  ];
}

const when = (condition: unknown, what: string): string[] => (condition ? [what] : []);
