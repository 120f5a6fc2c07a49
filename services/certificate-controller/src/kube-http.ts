import { readFile } from 'node:fs/promises';
import https from 'node:https';
import path from 'node:path';
import type { WorkloadRef } from '../../../constructs/topology/certificate-plan';
import {
  ApiError,
  ConflictError,
  type Kube,
  type KubeEvent,
  type KubeNode,
  type ObjectRef,
  type Secret,
  type SigningRequest,
  UnreachableError,
  type Workload,
} from './kube';

/** How to reach the API server from inside a pod. */
export interface InClusterOptions {
  readonly host: string;
  readonly port: number;
  /** Folder of the mounted service account: `token` and `ca.crt`. */
  readonly serviceAccountDir: string;
  /** Per call, in milliseconds. */
  readonly timeoutMs: number;
}

interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: unknown;
}

const PLURALS = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
} as const;

const CSR_PATH = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

/**
 * The ten calls of `Kube` over node:https, authenticated as the pod's service account, whose token
 * and CA are read anew for every call because the kubelet replaces them.
 * `@kubernetes/client-node` would do the same at 24 MiB more of resident memory (it brings undici
 * and every generated model), which is 40 % of this process.
 */
export class InClusterKube implements Kube {
  private agent: { readonly ca: string; readonly agent: https.Agent } | undefined;

  constructor(private readonly options: InClusterOptions) {}

  getSecret(ref: ObjectRef): Promise<Secret | undefined> {
    return this.get<Secret>(secretPath(ref));
  }

  updateSecret(secret: Secret): Promise<Secret> {
    const { namespace = '', name } = secret.metadata;
    return this.send({ method: 'PUT', path: secretPath({ namespace, name }), body: secret });
  }

  getWorkload(ref: WorkloadRef): Promise<Workload | undefined> {
    return this.get<Workload>(workloadPath(ref));
  }

  async annotatePodTemplate(ref: WorkloadRef, annotations: Record<string, string>): Promise<void> {
    const body = { spec: { template: { metadata: { annotations } } } };
    await this.send({ method: 'PATCH', path: workloadPath(ref), body });
  }

  getEvent(ref: ObjectRef): Promise<KubeEvent | undefined> {
    return this.get<KubeEvent>(eventPath(ref.namespace, ref.name));
  }

  async createEvent(event: KubeEvent): Promise<void> {
    const { namespace = '' } = event.metadata;
    await this.send({ method: 'POST', path: eventPath(namespace), body: event });
  }

  async updateEvent(event: KubeEvent): Promise<void> {
    const { namespace = '', name } = event.metadata;
    await this.send({ method: 'PUT', path: eventPath(namespace, name), body: event });
  }

  async listKubeletServingRequests(): Promise<SigningRequest[]> {
    const query = new URLSearchParams({
      fieldSelector: 'spec.signerName=kubernetes.io/kubelet-serving',
    });
    const path = `${CSR_PATH}?${query.toString()}`;
    const { items } = await this.send<{ items: SigningRequest[] }>({ method: 'GET', path });
    return items;
  }

  async approve(request: SigningRequest): Promise<void> {
    const path = `${CSR_PATH}/${encodeURIComponent(request.metadata.name)}/approval`;
    // Items of a list carry neither; the API server wants both.
    const typed = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest' };
    await this.send({ method: 'PUT', path, body: { ...typed, ...request } });
  }

  getNode(name: string): Promise<KubeNode | undefined> {
    return this.get<KubeNode>(`/api/v1/nodes/${encodeURIComponent(name)}`);
  }

  /** Ends open connections. */
  close(): void {
    this.agent?.agent.destroy();
  }

  private async get<T>(path: string): Promise<T | undefined> {
    try {
      return await this.send<T>({ method: 'GET', path });
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  private async send<T>(call: Call): Promise<T> {
    const token = await this.serviceAccountFile('token');
    const agent = this.agentFor(await this.serviceAccountFile('ca.crt'));
    const { status, text } = await this.exchange(call, token.trim(), agent);
    if (status >= 200 && status < 300) return parseBody<T>(call, text);
    throw errorFor(call, status, text);
  }

  private async serviceAccountFile(name: string): Promise<string> {
    const file = path.join(this.options.serviceAccountDir, name);
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      throw new UnreachableError(`cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`);
    }
  }

  /** Connections are kept open until the cluster's CA changes. */
  private agentFor(ca: string): https.Agent {
    if (this.agent?.ca !== ca) {
      this.agent?.agent.destroy();
      this.agent = { ca, agent: new https.Agent({ ca, keepAlive: true, maxSockets: 4 }) };
    }
    return this.agent.agent;
  }

  private exchange(
    { method, path, body }: Call,
    token: string,
    agent: https.Agent,
  ): Promise<{ status: number; text: string }> {
    const { host, port, timeoutMs } = this.options;
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'user-agent': 'vigil-certificate-controller',
      ...(payload && { 'content-type': type, 'content-length': Buffer.byteLength(payload) }),
    };
    const signal = AbortSignal.timeout(timeoutMs);
    return new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException): void => {
        const reason = error.code ?? error.message;
        const why = signal.aborted ? `no answer within ${timeoutMs} ms` : reason;
        reject(new UnreachableError(`${method} ${host}:${port}: ${why}`));
      };
      const request = https.request({ host, port, method, path, headers, agent, signal });
      request.on('error', fail);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, text });
        });
      });
      request.end(payload);
    });
  }
}

function secretPath({ namespace, name }: ObjectRef): string {
  return `/api/v1/namespaces/${namespace}/secrets/${name}`;
}

function workloadPath({ kind, namespace, name }: WorkloadRef): string {
  return `/apis/apps/v1/namespaces/${namespace}/${PLURALS[kind]}/${name}`;
}

function eventPath(namespace: string, name?: string): string {
  return `/api/v1/namespaces/${namespace}/events${name === undefined ? '' : `/${name}`}`;
}

function parseBody<T>({ method, path }: Call, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new UnreachableError(`${method} ${path}: the answer is not JSON`);
  }
}

/**
 * What to do next follows from the status: decide anew (409; 404 when writing), wait (429 and 5xx,
 * which an API server gives that is only just coming up), or report.
 */
function errorFor({ method, path }: Call, status: number, text: string): Error {
  const message = `${method} ${path}: ${status} ${statusMessage(text)}`;
  if (status === 409 || (status === 404 && method === 'PUT')) return new ConflictError(message);
  if (status === 429 || status >= 500) return new UnreachableError(message);
  return new ApiError(status, message);
}

function statusMessage(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? '';
  } catch {
    return text.slice(0, 100);
  }
}
