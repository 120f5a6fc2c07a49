import {
  IntOrString,
  Quantity,
  type Container,
  type EnvVar,
  type Probe,
  type SecurityContext,
  type Volume,
  type VolumeMount,
} from '../../imports/k8s';
import type { ContainerName, ImageName, Resources } from '../settings';
import { tlsMount } from './tls';

export interface ContainerProps {
  /** Key of the container's requests and limits, and its name in kebab case. */
  readonly name: ContainerName & ImageName;
  /** Entry point. @default the image's own */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  /** Ports by name, as in the component's row. @default none */
  readonly ports?: Readonly<Record<string, number>>;
  /** Holds the other probes back until it has succeeded once. @default none */
  readonly startup?: Probe;
  readonly readiness?: Probe;
  readonly liveness?: Probe;
  /** Command that ends when the containers after this one may start: kubelet starts them in order. @default none */
  readonly holdOthers?: readonly string[];
  readonly mounts?: readonly VolumeMount[];
  /** Capabilities kept in spite of all. @default none */
  readonly capabilities?: readonly string[];
  /** User id of this container only. @default the pod's */
  readonly user?: number;
  /** Group id of this container only. @default the pod's */
  readonly group?: number;
  /** Mounts the component's certificate. @default true */
  readonly tls?: boolean;
}

/** A probe that only opens the port: kubelet holds no client certificate, so it cannot ask for more. */
export const tcpProbe = (port: number, timing: Partial<Probe> = {}): Probe => ({
  tcpSocket: { port: IntOrString.fromNumber(port) },
  ...timing,
});

/** A probe that runs a command in the container. */
export const execProbe = (command: string[], timing: Partial<Probe> = {}): Probe => ({
  exec: { command },
  ...timing,
});

/** A directory in memory that ends with the pod. */
export const scratch = (name: string, size: string): Volume => ({
  name,
  emptyDir: { medium: 'Memory', sizeLimit: Quantity.fromString(size) },
});

/** A directory of the node, which must be there unless it may be made. */
export const hostPath = (
  name: string,
  path: string,
  type: 'Directory' | 'DirectoryOrCreate' = 'Directory',
): Volume => ({ name, hostPath: { path, type } });

/** The container with nothing left to its image's defaults that matters for security. */
export function hardened(
  props: ContainerProps,
  resources: Readonly<Record<ContainerName, Resources>>,
  images: Readonly<Record<ImageName, string>>,
): Container {
  const { cpu, memory, memoryLimit } = resources[props.name];
  return {
    name: props.name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    image: images[props.name],
    imagePullPolicy: 'IfNotPresent',
    ...(props.command && { command: [...props.command] }),
    ...(props.args && { args: [...props.args] }),
    ...(props.env && { env: [...props.env] }),
    ...(props.ports && {
      ports: Object.entries(props.ports).map(([name, containerPort]) => ({ name, containerPort })),
    }),
    startupProbe: props.startup,
    readinessProbe: props.readiness,
    livenessProbe: props.liveness,
    ...(props.holdOthers && {
      lifecycle: { postStart: { exec: { command: [...props.holdOthers] } } },
    }),
    resources: {
      requests: { cpu: Quantity.fromString(cpu), memory: Quantity.fromString(memory) },
      limits: { memory: Quantity.fromString(memoryLimit) },
    },
    securityContext: securityContextOf(props),
    volumeMounts: [...(props.tls === false ? [] : [tlsMount]), ...(props.mounts ?? [])],
  };
}

const securityContextOf = ({ user, group, capabilities }: ContainerProps): SecurityContext => ({
  ...(user !== undefined && { runAsUser: user, runAsNonRoot: user !== 0 }),
  ...(group !== undefined && { runAsGroup: group }),
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'], ...(capabilities && { add: [...capabilities] }) },
});
