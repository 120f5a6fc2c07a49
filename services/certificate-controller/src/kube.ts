import type { CoreV1Event } from '@kubernetes/client-node';
import type { WorkloadRef } from '../../../constructs/topology/certificate-plan';

/** The part of Kubernetes' API that the controller uses: nothing else is needed, nor allowed. */
export interface Kube {
  /** Undefined when there is no such Secret. */
  getSecret(ref: ObjectRef): Promise<Secret | undefined>;
  /** @throws ConflictError when the Secret has changed since it was read, or is gone */
  updateSecret(secret: Secret): Promise<Secret>;
  getWorkload(ref: WorkloadRef): Promise<Workload | undefined>;
  /** Sets annotations of the pod template, which rolls the workload when a value changes. */
  annotatePodTemplate(ref: WorkloadRef, annotations: Record<string, string>): Promise<void>;
  getEvent(ref: ObjectRef): Promise<CoreV1Event | undefined>;
  createEvent(event: CoreV1Event): Promise<void>;
  updateEvent(event: CoreV1Event): Promise<void>;
  /** Certificate signing requests of signer `kubernetes.io/kubelet-serving`. */
  listKubeletServingRequests(): Promise<SigningRequest[]>;
  /** @throws ConflictError when the request has changed since it was read, or is gone */
  approve(request: SigningRequest): Promise<void>;
  getNode(name: string): Promise<KubeNode | undefined>;
}

export interface ObjectRef {
  readonly namespace: string;
  readonly name: string;
}

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly annotations?: Record<string, string>;
}

export interface Secret {
  readonly metadata: Metadata;
  /** Base64. */
  readonly data?: Record<string, string>;
}

/** The fields that Deployments, StatefulSets and DaemonSets have between them. */
export interface Workload {
  readonly metadata: Metadata;
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: { readonly metadata?: { readonly annotations?: Record<string, string> } };
  };
  readonly status?: WorkloadStatus;
}

export interface WorkloadStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly updatedReplicas?: number;
  readonly currentRevision?: string;
  readonly updateRevision?: string;
  readonly desiredNumberScheduled?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberReady?: number;
}

export interface SigningRequest {
  readonly metadata: Metadata;
  readonly spec: {
    readonly signerName: string;
    readonly username?: string;
    readonly groups?: readonly string[];
    /** Base64 of PEM. */
    readonly request: string;
    readonly usages?: readonly string[];
  };
  readonly status?: {
    readonly certificate?: string;
    readonly conditions?: readonly Condition[];
  };
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastUpdateTime?: Date;
}

export interface KubeNode {
  readonly metadata: Metadata;
  readonly status?: { readonly addresses?: readonly { type: string; address: string }[] };
}

/** Somebody else has changed the object since it was read: read again and decide again. */
export class ConflictError extends Error {}

/** The API server could not be reached, or did not answer in time. */
export class UnreachableError extends Error {}

/** The API server answered with an error status. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** `namespace/name`, for logs and as a map's key. */
export function refKey({ namespace, name }: ObjectRef): string {
  return `${namespace}/${name}`;
}

/** One decoded value of a Secret; an empty string when it is absent. */
export function secretValue(secret: Secret | undefined, key: string): string {
  return Buffer.from(secret?.data?.[key] ?? '', 'base64').toString('utf8');
}

/** A copy of the Secret with these values and annotations; undefined removes one. */
export function withValues(
  secret: Secret,
  values: Record<string, string | undefined>,
  annotations: Record<string, string | undefined> = {},
): Secret {
  const encoded: Record<string, string | undefined> = {};
  for (const [key, value] of Object.entries(values)) {
    encoded[key] = value === undefined ? undefined : Buffer.from(value, 'utf8').toString('base64');
  }
  return {
    ...secret,
    metadata: {
      ...secret.metadata,
      annotations: defined({ ...secret.metadata.annotations, ...annotations }),
    },
    data: defined({ ...secret.data, ...encoded }),
  };
}

function defined(record: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
