import { Construct } from 'constructs';
import {
  IntOrString,
  KubeDaemonSet,
  KubeDeployment,
  KubePersistentVolumeClaim,
  KubeService,
  KubeServiceAccount,
  KubeStatefulSet,
  Quantity,
  type Affinity,
  type Container,
  type KubePersistentVolumeClaimProps,
  type PodDnsConfig,
  type PodSpec,
  type PodTemplateSpec,
  type Volume,
} from '../../imports/k8s';
import { isPage, type Component } from '../topology';
import type { ComponentChart } from './component-chart';
import { hardened, type ContainerProps } from './container';
import { ROLE_LABEL, selectorOf } from './labels';
import { tlsVolume } from './tls';

/** What a pod carries besides its containers: volumes, and the checksums of the files that only a restart re-reads. */
export interface PodPart {
  readonly volume: Volume;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface WorkloadProps {
  /** User and group id of the processes; 0 only in a namespace that is privileged. */
  readonly user: number;
  readonly containers: readonly ContainerProps[];
  /** Configuration files that the containers mount. @default none */
  readonly files?: readonly PodPart[];
  /** Further volumes. @default none */
  readonly volumes?: readonly Volume[];
  /** A volume that outlives the pod; a Deployment with one must `recreate`, because two pods cannot share it. @default none */
  readonly storage?: { readonly name: string; readonly size: string };
  /** Mounts the service account's token: only what calls the API needs it. @default false */
  readonly apiToken?: boolean;
  /** Sees the processes of the node. @default false */
  readonly hostPid?: boolean;
  /** Seconds from SIGTERM to SIGKILL. @default 30 */
  readonly gracePeriodSeconds?: number;
  /** Mounts the component's certificate; not for the controller, which issues its own. @default true */
  readonly mountsOwnTls?: boolean;
  /** Never two pods at once. @default false: the new pod is ready before the old one goes */
  readonly recreate?: boolean;
}

/**
 * A component's workload with its service account and Service. Hardened without being asked: non-root by number, a
 * read-only root, no capabilities, no token, the runtime's seccomp profile, and the component's certificate mounted.
 */
export class Workload extends Construct {
  public constructor(chart: ComponentChart, props: WorkloadProps) {
    super(chart, 'workload');
    const { component } = chart;
    const name = component.name;
    new KubeServiceAccount(this, 'service-account', {
      metadata: { name },
      automountServiceAccountToken: false,
    });
    // A DaemonSet is never addressed by name: each pod of it is met at its own address.
    if (component.workload !== 'DaemonSet') this.service(chart);
    this.workload(chart, props);
  }

  private service({ component, context }: ComponentChart): void {
    const type = isPage(component) ? context.settings.web.service : 'ClusterIP';
    new KubeService(this, 'service', {
      metadata: { name: component.name },
      spec: {
        // Only a node that has the pod takes the connection, so that the logs name the visitor and not a node.
        ...(type !== 'ClusterIP' && { type, externalTrafficPolicy: 'Local' }),
        selector: selectorOf(component),
        ports: Object.entries(component.ports).map(([name, port]) => ({
          name,
          port: servicePort(component, name),
          targetPort: IntOrString.fromNumber(port),
        })),
      },
    });
  }

  private workload(chart: ComponentChart, props: WorkloadProps): void {
    const { component } = chart;
    const metadata = { name: component.name };
    const selector = { matchLabels: selectorOf(component) };
    const template = templateOf(chart, props);
    const revisionHistoryLimit = 3;
    switch (component.workload) {
      case 'Deployment':
        claimsOf(chart, props).forEach(
          ({ spec }) =>
            new KubePersistentVolumeClaim(this, 'claim', {
              metadata: { name: claimName(component) },
              spec,
            }),
        );
        new KubeDeployment(this, 'deployment', {
          metadata,
          spec: {
            replicas: 1,
            selector,
            template,
            revisionHistoryLimit,
            strategy: strategyOf(props),
          },
        });
        break;
      case 'StatefulSet':
        new KubeStatefulSet(this, 'stateful-set', {
          metadata,
          spec: {
            replicas: 1,
            serviceName: component.name,
            selector,
            template,
            revisionHistoryLimit,
            volumeClaimTemplates: claimsOf(chart, props),
          },
        });
        break;
      case 'DaemonSet':
        new KubeDaemonSet(this, 'daemon-set', {
          metadata,
          spec: {
            selector,
            template,
            revisionHistoryLimit,
            updateStrategy: {
              type: 'RollingUpdate',
              rollingUpdate: { maxUnavailable: IntOrString.fromString('100%') },
            },
          },
        });
        break;
    }
  }
}

function strategyOf({ recreate }: WorkloadProps) {
  return recreate
    ? { type: 'Recreate' }
    : {
        type: 'RollingUpdate',
        rollingUpdate: {
          maxSurge: IntOrString.fromNumber(1),
          maxUnavailable: IntOrString.fromNumber(0),
        },
      };
}

/** Where browsers look for a page. */
const BROWSER_PORTS: Readonly<Record<string, number>> = { web: 443, redirect: 80 };

/** Port of a component's Service, for one of its own. */
export function servicePort(component: Component, name: string): number {
  const port = component.ports[name] ?? 0;
  return isPage(component) ? (BROWSER_PORTS[name] ?? port) : port;
}

/** Of a Deployment; a StatefulSet names its claims itself. */
const claimName = ({ name }: Component): string => `${name}-data`;

const claimedVolume = (component: Component, { storage }: WorkloadProps): Volume[] =>
  storage && component.workload === 'Deployment'
    ? [{ name: storage.name, persistentVolumeClaim: { claimName: claimName(component) } }]
    : [];

function claimsOf(
  chart: ComponentChart,
  { storage }: WorkloadProps,
): KubePersistentVolumeClaimProps[] {
  if (!storage) return [];
  const { storageClass } = chart.context.settings;
  return [
    {
      metadata: { name: storage.name },
      spec: {
        accessModes: ['ReadWriteOnce'],
        ...(storageClass && { storageClassName: storageClass }),
        resources: { requests: { storage: Quantity.fromString(storage.size) } },
      },
    },
  ];
}

function templateOf(chart: ComponentChart, props: WorkloadProps): PodTemplateSpec {
  const { component } = chart;
  const annotations = Object.assign(
    {},
    ...(props.files ?? []).map((file) => file.annotations),
  ) as Record<string, string>;
  return {
    metadata: {
      labels: selectorOf(component),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: podSpecOf(chart, props),
  };
}

/**
 * A lost packet of UDP is sent again after 1 second. By default it takes 5, which is all the time that a probe has: the
 * one look-up in thousands that a busy node loses would be a page that does not answer.
 */
const DNS: PodDnsConfig = {
  options: [
    { name: 'timeout', value: '1' },
    { name: 'attempts', value: '3' },
  ],
};

function podSpecOf(chart: ComponentChart, props: WorkloadProps): PodSpec {
  const { component, context } = chart;
  const { user } = props;
  const containers: Container[] = props.containers.map((container) =>
    hardened(container, context.resources, context.images),
  );
  return {
    serviceAccountName: component.name,
    automountServiceAccountToken: props.apiToken ?? false,
    enableServiceLinks: false,
    securityContext: {
      ...(user === 0 ? {} : { runAsNonRoot: true }),
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    terminationGracePeriodSeconds: props.gracePeriodSeconds ?? 30,
    dnsConfig: DNS,
    ...(component.hostNetwork && { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }),
    ...(props.hostPid && { hostPid: true }),
    ...placementOf(component),
    containers,
    volumes: [
      ...(props.mountsOwnTls === false ? [] : [tlsVolume(component)]),
      ...(props.files ?? []).map((file) => file.volume),
      ...(props.volumes ?? []),
      ...claimedVolume(component, props),
    ],
  };
}

/** Agents run on every node, whatever its taints; the rest prefers the nodes of its role. */
function placementOf(component: Component): Pick<PodSpec, 'affinity' | 'tolerations'> {
  if (component.workload === 'DaemonSet') return { tolerations: [{ operator: 'Exists' }] };
  const affinity: Affinity = {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          preference: {
            matchExpressions: [
              { key: ROLE_LABEL, operator: 'In', values: [component.role ?? 'monitoring'] },
            ],
          },
        },
      ],
    },
  };
  return { affinity };
}
