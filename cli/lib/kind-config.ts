import { stringify } from 'yaml';
import { ROLE_LABEL } from '../../constructs/kubernetes/labels';

/** The part of kind's `v1alpha4` configuration that we use. */
export interface KindConfig {
  readonly kind: 'Cluster';
  readonly apiVersion: 'kind.x-k8s.io/v1alpha4';
  readonly name: string;
  readonly networking: { readonly apiServerAddress: string };
  readonly nodes: readonly KindNode[];
  readonly kubeadmConfigPatches: readonly string[];
}

export interface KindNode {
  readonly role: 'control-plane' | 'worker';
  readonly image?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly extraMounts?: readonly {
    readonly hostPath: string;
    readonly containerPath: string;
    readonly readOnly: boolean;
  }[];
}

export interface KindConfigOptions {
  readonly name: string;
  /** How many nodes, the control plane among them. */
  readonly nodes: number;
  /** @default - the image that this version of kind was made for */
  readonly nodeImage?: string;
  /** Folder of this machine that holds `audit-policy.yaml`. */
  readonly auditFolder: string;
  /** Folder of the control-plane node that gets `audit.log`. */
  readonly auditLogFolder: string;
}

/** Where the audit policy is on the control-plane node; a kind cluster with this mount was made by `vigil up`. */
export const AUDIT_MOUNT = '/etc/kubernetes/vigil';
export const AUDIT_POLICY_FILE = 'audit-policy.yaml';
const API_SERVER_CERT = '/etc/kubernetes/pki/apiserver.crt';
const API_SERVER_KEY = '/etc/kubernetes/pki/apiserver.key';

/** The cluster that `up` creates: roles as node labels, verifiable kubelets and control plane, an audit log. */
export function kindConfig(options: KindConfigOptions): KindConfig {
  return {
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    name: options.name,
    networking: { apiServerAddress: '127.0.0.1' },
    nodes: Array.from({ length: options.nodes }, (_, index) => node(index, options)),
    kubeadmConfigPatches: [
      clusterConfiguration(options),
      // On a cluster of one node kind removes the taint itself, and fails when there is none.
      ...(options.nodes > 1 ? [initConfiguration] : []),
      kubeletConfiguration,
    ].map((patch) => stringify(patch, { lineWidth: 0, aliasDuplicateObjects: false })),
  };
}

function node(index: number, options: KindConfigOptions): KindNode {
  const isControlPlane = index === 0;
  return {
    role: isControlPlane ? 'control-plane' : 'worker',
    ...(options.nodeImage ? { image: options.nodeImage } : {}),
    labels: { 'vigil.local/cluster': options.name, [ROLE_LABEL]: roleOf(index) },
    ...(isControlPlane
      ? {
          extraMounts: [
            { hostPath: options.auditFolder, containerPath: AUDIT_MOUNT, readOnly: true },
          ],
        }
      : {}),
  };
}

/** The first node is for monitoring; the others take turns at the two web roles. */
function roleOf(index: number): string {
  if (index === 0) return 'monitoring';
  return index % 2 === 1 ? 'web-1' : 'web-2';
}

/*
 * The patches name no apiVersion on purpose: kind applies such a patch to whatever kubeadm version the node image
 * needs, and turns these maps of `extraArgs` into the lists of v1beta4 (Kubernetes 1.36 and later, kind 0.32 and
 * later). A patch for one version would be dropped in silence by the other.
 */
const folder = (name: string, path: string, readOnly: boolean): object => ({
  name,
  hostPath: path,
  mountPath: path,
  readOnly,
  pathType: 'DirectoryOrCreate',
});

const file = (name: string, path: string): object => ({
  name,
  hostPath: path,
  mountPath: path,
  readOnly: true,
  pathType: 'File',
});

/** Listen on the node, with a certificate that the cluster's CA signed (by default: loopback, and one made up at start). */
const verifiableMetrics = {
  'bind-address': '0.0.0.0',
  'tls-cert-file': API_SERVER_CERT,
  'tls-private-key-file': API_SERVER_KEY,
};

const clusterConfiguration = ({ auditLogFolder }: KindConfigOptions): object => ({
  kind: 'ClusterConfiguration',
  apiServer: {
    extraArgs: {
      'audit-policy-file': `${AUDIT_MOUNT}/${AUDIT_POLICY_FILE}`,
      'audit-log-path': `${auditLogFolder}/audit.log`,
      // Days, files, MiB.
      'audit-log-maxage': '7',
      'audit-log-maxbackup': '3',
      'audit-log-maxsize': '50',
    },
    extraVolumes: [
      folder('vigil-audit-policy', AUDIT_MOUNT, true),
      folder('vigil-audit-log', auditLogFolder, false),
    ],
  },
  // controller-manager has /etc/kubernetes/pki already; the scheduler has nothing of it.
  controllerManager: { extraArgs: verifiableMetrics },
  scheduler: {
    extraArgs: verifiableMetrics,
    extraVolumes: [
      file('vigil-serving-cert', API_SERVER_CERT),
      file('vigil-serving-key', API_SERVER_KEY),
    ],
  },
});

/** Without the taint, the control-plane node carries role monitoring. */
const initConfiguration = { kind: 'InitConfiguration', nodeRegistration: { taints: [] } };

/**
 * Kubelets ask the cluster's CA for their serving certificate, instead of signing one themselves. They measure volumes
 * every 15 to 30 seconds (their default is 1 to 2 minutes: the period has a jitter as long as itself). They turn a
 * container's log over at 50 MiB in place of 10: what waits on the node for Loki is lost at the second turn. And they
 * bring a changed Secret or ConfigMap into its pods within 10 to 15 seconds in place of 60 to 90: a pod's files are
 * looked at when the pod is synchronised, with a jitter of a half.
 */
const kubeletConfiguration = {
  kind: 'KubeletConfiguration',
  serverTLSBootstrap: true,
  volumeStatsAggPeriod: '15s',
  containerLogMaxSize: '50Mi',
  syncFrequency: '10s',
};
