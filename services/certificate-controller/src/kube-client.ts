import {
  AppsV1Api,
  CertificatesV1Api,
  type ConfigurationOptions,
  CoreV1Api,
  type CoreV1Event,
  createConfiguration,
  type KubeConfig,
  PatchStrategy,
  ServerConfiguration,
  setHeaderOptions,
  type V1CertificateSigningRequest,
  type V1ObjectMeta,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
import type { WorkloadRef } from '../../../constructs/topology/certificate-plan';
import {
  ApiError,
  ConflictError,
  type Kube,
  type KubeNode,
  type ObjectRef,
  refKey,
  type Secret,
  type SigningRequest,
  type Workload,
} from './kube';
import { errorOf } from './kube-errors';
import { KubeTransport } from './kube-transport';
import { verbatim } from './verbatim';

export interface KubeClientOptions {
  readonly kubeConfig: KubeConfig;
  /** Per call, in milliseconds. */
  readonly timeoutMs: number;
}

interface WorkloadApi {
  readonly read: (ref: ObjectRef) => Promise<Unnamed<Workload>>;
  readonly patch: (
    param: ObjectRef & { body: unknown },
    options: ConfigurationOptions,
  ) => Promise<unknown>;
}

/** An object as the generated models describe it: nothing has to be there. */
type Unnamed<T> = Omit<T, 'metadata'> & { metadata?: V1ObjectMeta };

const KUBELET_SERVING = { fieldSelector: 'spec.signerName=kubernetes.io/kubelet-serving' };
/** The generated calls say JSON Patch when they are not told otherwise. */
const MERGE_PATCH = setHeaderOptions('content-type', PatchStrategy.MergePatch);

/** The calls of `Kube`, made by `@kubernetes/client-node`. */
export class KubeClient implements Kube {
  private readonly server: string;
  private readonly transport: KubeTransport;
  private readonly core: CoreV1Api;
  private readonly certificates: CertificatesV1Api;
  private readonly workloads: Record<WorkloadRef['kind'], WorkloadApi>;

  constructor({ kubeConfig, timeoutMs }: KubeClientOptions) {
    this.server = kubeConfig.getCurrentCluster()?.server ?? '';
    this.transport = new KubeTransport(kubeConfig, timeoutMs);
    const configuration = createConfiguration({
      baseServer: new ServerConfiguration(this.server, {}),
      httpApi: wrapHttpLibrary(this.transport),
    });
    this.core = new CoreV1Api(configuration);
    this.certificates = new CertificatesV1Api(configuration);
    this.workloads = workloadApis(new AppsV1Api(configuration));
  }

  getSecret(ref: ObjectRef): Promise<Secret | undefined> {
    return this.read(`get Secret ${refKey(ref)}`, () =>
      verbatim<Secret>((options) => this.core.readNamespacedSecret(ref, options)),
    );
  }

  updateSecret(secret: Secret): Promise<Secret> {
    const ref = refOf(secret);
    return this.replace(`update Secret ${refKey(ref)}`, () =>
      verbatim(
        (options) => this.core.replaceNamespacedSecret({ ...ref, body: {} }, options),
        secret,
      ),
    );
  }

  getWorkload(ref: WorkloadRef): Promise<Workload | undefined> {
    return this.read(`get ${ref.kind} ${refKey(ref)}`, async () =>
      named(await this.workloads[ref.kind].read(ref)),
    );
  }

  async annotatePodTemplate(ref: WorkloadRef, annotations: Record<string, string>): Promise<void> {
    const body = { spec: { template: { metadata: { annotations } } } };
    await this.send(`patch ${ref.kind} ${refKey(ref)}`, () =>
      this.workloads[ref.kind].patch({ ...ref, body }, MERGE_PATCH),
    );
  }

  getEvent(ref: ObjectRef): Promise<CoreV1Event | undefined> {
    return this.read(`get Event ${refKey(ref)}`, () => this.core.readNamespacedEvent(ref));
  }

  async createEvent(event: CoreV1Event): Promise<void> {
    const ref = refOf(event);
    await this.send(`create Event ${refKey(ref)}`, () =>
      this.core.createNamespacedEvent({ ...ref, body: event }),
    );
  }

  async updateEvent(event: CoreV1Event): Promise<void> {
    const ref = refOf(event);
    await this.replace(`update Event ${refKey(ref)}`, () =>
      this.core.replaceNamespacedEvent({ ...ref, body: event }),
    );
  }

  listKubeletServingRequests(): Promise<SigningRequest[]> {
    return this.send('list CertificateSigningRequests', async () => {
      const { items } = await this.certificates.listCertificateSigningRequest(KUBELET_SERVING);
      return items.map(named);
    });
  }

  async approve(request: SigningRequest): Promise<void> {
    const { name } = request.metadata;
    // Items of a list carry neither.
    const typed = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' };
    // Of all that is sent the API server takes the conditions only.
    const body = { ...typed, ...request } as V1CertificateSigningRequest;
    await this.replace(`approve CertificateSigningRequest ${name}`, () =>
      this.certificates.replaceCertificateSigningRequestApproval({ name, body }),
    );
  }

  getNode(name: string): Promise<KubeNode | undefined> {
    return this.read(`get Node ${name}`, async () => named(await this.core.readNode({ name })));
  }

  /** Ends open connections. */
  close(): void {
    this.transport.close();
  }

  private async read<T>(call: string, send: () => Promise<T>): Promise<T | undefined> {
    try {
      return await this.send(call, send);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  private async replace<T>(call: string, send: () => Promise<T>): Promise<T> {
    try {
      return await this.send(call, send);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) throw new ConflictError(error.message);
      throw error;
    }
  }

  private async send<T>(call: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw errorOf(`${this.server}: ${call}`, error);
    }
  }
}

function workloadApis(apps: AppsV1Api): Record<WorkloadRef['kind'], WorkloadApi> {
  return {
    Deployment: {
      read: (ref) => apps.readNamespacedDeployment(ref),
      patch: (param, options) => apps.patchNamespacedDeployment(param, options),
    },
    StatefulSet: {
      read: (ref) => apps.readNamespacedStatefulSet(ref),
      patch: (param, options) => apps.patchNamespacedStatefulSet(param, options),
    },
    DaemonSet: {
      read: (ref) => apps.readNamespacedDaemonSet(ref),
      patch: (param, options) => apps.patchNamespacedDaemonSet(param, options),
    },
  };
}

function refOf({ metadata }: { metadata: Partial<ObjectRef> }): ObjectRef {
  const { namespace = '', name = '' } = metadata;
  return { namespace, name };
}

/** @throws Error for an answer that a model was made of although it is no object of Kubernetes */
function named<T extends { metadata?: V1ObjectMeta }>(
  object: T,
): T & { metadata: { name: string } } {
  const { metadata } = object;
  if (metadata?.name === undefined) throw new Error('the answer is no object of Kubernetes');
  return object as T & { metadata: { name: string } };
}
