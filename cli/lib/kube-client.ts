import http from 'node:http';
import https from 'node:https';
import type { KubeConfig, KubernetesObject, V1APIResource } from '@kubernetes/client-node';
import { pause } from './async';
import { CliError } from './errors';

/** What identifies an object. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

export const refOf = (object: KubernetesObject): ObjectRef => ({
  apiVersion: object.apiVersion ?? '',
  kind: object.kind ?? '',
  namespace: object.metadata?.namespace,
  name: object.metadata?.name ?? '',
});

/** `Deployment monitoring/grafana` */
export const nameOf = ({ kind, namespace, name }: ObjectRef): string =>
  `${kind} ${namespace ? `${namespace}/` : ''}${name}`;

/** An answer of the API server that is not a success. */
export class ApiError extends CliError {
  public override readonly name = 'ApiError';

  public constructor(
    public readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The metadata of an object, all that most questions need. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: string;
  /** Counts the changes of a spec; kinds without a status, such as ConfigMap, have none. */
  readonly generation?: number;
  /** Who set which fields; a status is somebody else's. */
  readonly managedFields?: readonly {
    readonly manager?: string;
    readonly operation?: string;
    readonly time?: string;
    readonly fieldsV1?: object;
  }[];
}

interface RequestOptions {
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
}

/** How long a request is repeated while the API server is away or overloaded, in milliseconds. */
const PATIENCE_MS = 30_000;
const METADATA_ONLY =
  'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
export const FIELD_MANAGER = 'vigil';

/**
 * The few requests that the cli needs, sent as they are. client-node reads the kubeconfig and signs in; its typed calls
 * are not used for applying, because they rename fields on the way (`from` of a NetworkPolicy is `_from` in its model,
 * and is dropped without a word when it comes from a manifest, which leaves a policy that allows everyone).
 */
export class KubeClient {
  private readonly agent = new https.Agent({ keepAlive: true, maxSockets: 24 });
  private readonly resources = new Map<string, Promise<V1APIResource[]>>();

  public constructor(
    public readonly kubeConfig: KubeConfig,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws ApiError when the object cannot be read; undefined when there is none. */
  public async get<T>(path: string): Promise<T | undefined> {
    return this.orUndefined(this.request<T>('GET', path, {}));
  }

  /** The items of a list: all, or those that carry certain labels. */
  public async list<T>(path: string, labels: Readonly<Record<string, string>> = {}): Promise<T[]> {
    const selector = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const query =
      selector.length > 0 ? `?labelSelector=${encodeURIComponent(selector.join())}` : '';
    return (await this.request<{ items: T[] }>('GET', `${path}${query}`, {})).items;
  }

  /** Text, such as a container's log. */
  public async text(path: string): Promise<string> {
    return this.request<string>('GET', path, { accept: 'text/plain, */*' });
  }

  /** An object's metadata, without reading its contents; undefined when there is no such object or kind. */
  public async metadata(ref: ObjectRef): Promise<ObjectMeta | undefined> {
    const path = await this.orUndefined(this.pathOf(ref));
    if (path === undefined) return undefined;
    const answer = this.request<{ metadata: ObjectMeta }>('GET', path, { accept: METADATA_ONLY });
    return (await this.orUndefined(answer))?.metadata;
  }

  /**
   * The same object as the API server names it: manifests may give cluster-wide objects a namespace, which the server
   * ignores, and may leave `default` out. A kind that the cluster does not know stays as it is.
   */
  public async canonical(ref: ObjectRef): Promise<ObjectRef> {
    const resource = await this.orUndefined(this.resourceOf(ref));
    if (!resource) return ref;
    return { ...ref, namespace: resource.namespaced ? (ref.namespace ?? 'default') : undefined };
  }

  /** Server-side apply as field manager `vigil`, taking over fields that someone else changed. */
  public async apply(object: KubernetesObject): Promise<ObjectMeta> {
    const path = await this.pathOf(refOf(object));
    const query = `?fieldManager=${FIELD_MANAGER}&force=true`;
    const answer = await this.request<{ metadata: ObjectMeta }>('PATCH', `${path}${query}`, {
      body: object,
      // JSON is YAML.
      contentType: 'application/apply-patch+yaml',
      accept: METADATA_ONLY,
    });
    return answer.metadata;
  }

  /** Merges a few fields into an object. */
  public async merge(ref: ObjectRef, body: unknown): Promise<void> {
    const path = await this.pathOf(ref);
    await this.request('PATCH', `${path}?fieldManager=${FIELD_MANAGER}`, {
      body,
      contentType: 'application/merge-patch+json',
      accept: METADATA_ONLY,
    });
  }

  /** Deletes an object and what it owns; false when it was gone already. */
  public async delete(ref: ObjectRef): Promise<boolean> {
    const path = await this.orUndefined(this.pathOf(ref));
    if (path === undefined) return false;
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' };
    const answer = this.request('DELETE', path, { body, contentType: 'application/json' });
    return (await this.orUndefined(answer)) !== undefined;
  }

  /** Ends idle connections, so that the process can end. */
  public close(): void {
    this.agent.destroy();
  }

  /** @throws ApiError (404) when the cluster does not know the kind. */
  private async pathOf(ref: ObjectRef): Promise<string> {
    const { namespaced, name: plural } = await this.resourceOf(ref);
    const namespace = namespaced ? `/namespaces/${ref.namespace ?? 'default'}` : '';
    return `${rootOf(ref)}${namespace}/${plural}/${encodeURIComponent(ref.name)}`;
  }

  private async resourceOf(ref: ObjectRef): Promise<V1APIResource> {
    const root = rootOf(ref);
    let known = this.resources.get(root);
    if (!known) {
      known = this.request<{ resources: V1APIResource[] }>('GET', root, {}).then(
        (list) => list.resources,
      );
      this.resources.set(root, known);
      known.catch(() => this.resources.delete(root));
    }
    const resource = (await known).find(
      ({ kind, name }) => kind === ref.kind && !name.includes('/'),
    );
    if (!resource) throw new ApiError(404, `the cluster has no ${ref.kind} in ${ref.apiVersion}`);
    return resource;
  }

  private async orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Repeats what may be repeated (all our requests are idempotent) while the server is away or busy. */
  private async request<T>(method: string, path: string, options: RequestOptions): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS;
    for (let wait = 100; ; wait = Math.min(wait * 2, 2000)) {
      this.signal.throwIfAborted();
      try {
        return await this.send<T>(method, path, options);
      } catch (error) {
        this.signal.throwIfAborted();
        if (!isPassing(error) || Date.now() > deadline) throw explain(error, this.server());
      }
      await pause(wait, this.signal);
    }
  }

  private async send<T>(method: string, path: string, options: RequestOptions): Promise<T> {
    const request = await this.requestOptions(method, options);
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const url = new URL(path, `${this.server()}/`);
    return new Promise<T>((resolve, reject) => {
      const client = url.protocol === 'http:' ? http : https;
      const sent = client.request(url, request, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => {
          const isJson = response.headers['content-type']?.startsWith('application/json');
          const content = isJson ? (JSON.parse(text) as unknown) : text;
          const status = response.statusCode ?? 0;
          if (status < 300) resolve(content as T);
          else reject(new ApiError(status, messageOf(content, status)));
        });
      });
      sent.on('error', reject);
      sent.setTimeout(PATIENCE_MS, () => sent.destroy(new Error('no answer in time')));
      // Node.js announces no body for DELETE by itself.
      if (body !== undefined) sent.setHeader('Content-Length', Buffer.byteLength(body));
      sent.end(body);
    });
  }

  private async requestOptions(
    method: string,
    options: RequestOptions,
  ): Promise<https.RequestOptions> {
    const request: https.RequestOptions = {};
    await this.kubeConfig.applyToHTTPSOptions(request);
    const cluster = this.kubeConfig.getCurrentCluster();
    return {
      ...request,
      method,
      signal: this.signal,
      headers: {
        ...request.headers,
        Accept: options.accept ?? 'application/json',
        ...(options.contentType ? { 'Content-Type': options.contentType } : {}),
      },
      // client-node's own agent opens a connection for each request; it is kept where a proxy needs it.
      agent: cluster?.proxyUrl || cluster?.server.startsWith('http:') ? request.agent : this.agent,
    };
  }

  private server(): string {
    const cluster = this.kubeConfig.getCurrentCluster();
    if (!cluster)
      throw new CliError('the kubeconfig has no current context; name one with --context');
    return cluster.server.replace(/\/$/, '');
  }
}

const rootOf = ({ apiVersion }: ObjectRef): string =>
  apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;

/** Conflict, too many requests, and a server that is starting; or no connection at all. */
function isPassing(error: unknown): boolean {
  if (error instanceof ApiError) return [409, 429, 500, 502, 503, 504].includes(error.status);
  return error instanceof Error && !/certificate|self.signed|unable to verify/i.test(error.message);
}

function explain(error: unknown, server: string): unknown {
  if (error instanceof ApiError) return error;
  const reason = error instanceof Error ? error.message || error.name : String(error);
  return new CliError(`the API server at ${server} does not answer: ${reason}`);
}

function messageOf(content: unknown, status: number): string {
  const message = (content as { message?: string } | undefined)?.message;
  return message ?? `the API server answered ${status}`;
}
