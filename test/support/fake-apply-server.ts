import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig, type KubernetesObject } from '@kubernetes/client-node';
import { KubeClient } from '../../cli/lib/kube-client';

/** Kinds that the server knows, by API root. */
const RESOURCES: Readonly<
  Record<string, readonly { kind: string; name: string; namespaced: boolean }[]>
> = {
  '/api/v1': [
    { kind: 'Namespace', name: 'namespaces', namespaced: false },
    { kind: 'Namespace', name: 'namespaces/finalize', namespaced: false },
    { kind: 'ConfigMap', name: 'configmaps', namespaced: true },
    { kind: 'Secret', name: 'secrets', namespaced: true },
    { kind: 'Pod', name: 'pods', namespaced: true },
    { kind: 'Event', name: 'events', namespaced: true },
    { kind: 'PersistentVolumeClaim', name: 'persistentvolumeclaims', namespaced: true },
    { kind: 'PersistentVolume', name: 'persistentvolumes', namespaced: false },
    { kind: 'Node', name: 'nodes', namespaced: false },
  ],
  '/apis/rbac.authorization.k8s.io/v1': [
    { kind: 'ClusterRole', name: 'clusterroles', namespaced: false },
  ],
  '/apis/apps/v1': [
    { kind: 'Deployment', name: 'deployments', namespaced: true },
    { kind: 'StatefulSet', name: 'statefulsets', namespaced: true },
    { kind: 'DaemonSet', name: 'daemonsets', namespaced: true },
  ],
  '/apis/networking.k8s.io/v1': [
    { kind: 'NetworkPolicy', name: 'networkpolicies', namespaced: true },
  ],
};

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * A small API server on a real socket: discovery, server-side apply that changes the resourceVersion only when the
 * content changes, metadata-only answers, lists by label, deletes.
 */
export class FakeApplyServer {
  /** Stored objects by path. */
  public readonly objects = new Map<string, KubernetesObject>();
  /** `METHOD path` of every request, without the query. */
  public readonly requests: string[] = [];
  /** Called before each request; an answer replaces the server's own. */
  public intercept: (request: string, body: string) => Answer | undefined = () => undefined;

  private version = 0;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => void this.handle(request, response));
  }

  public static async start(): Promise<FakeApplyServer> {
    const fake = new FakeApplyServer();
    await new Promise<void>((resolve) => fake.server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  public get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  public get kubeConfig(): KubeConfig {
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: 'fake', server: `http://127.0.0.1:${this.port}`, skipTLSVerify: true },
      { name: 'tester', token: 'secret-token' },
    );
    return config;
  }

  /** Requests that would change something. */
  public get writes(): string[] {
    return this.requests.filter((request) => !request.startsWith('GET'));
  }

  /** Puts an object there, as someone else would. */
  public put(path: string, object: KubernetesObject): void {
    const metadata = { ...object.metadata, resourceVersion: String(++this.version) };
    this.objects.set(path, { ...object, metadata });
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const url = new URL(request.url ?? '/', 'http://fake');
    const line = `${request.method} ${url.pathname}`;
    this.requests.push(line);
    const answer = this.intercept(line, body) ?? this.answer(request, url, body);
    response.writeHead(answer.status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(answer.body));
  }

  private answer(request: IncomingMessage, url: URL, body: string): Answer {
    const path = url.pathname;
    const resources = RESOURCES[path];
    if (resources) return { status: 200, body: { resources } };
    switch (request.method) {
      case 'PATCH':
        return this.patch(path, body, request);
      case 'DELETE':
        return this.objects.delete(path)
          ? { status: 200, body: { status: 'Success' } }
          : notFound(path);
      default:
        return this.read(path, url, request);
    }
  }

  private read(path: string, url: URL, request: IncomingMessage): Answer {
    const found = this.objects.get(path);
    if (found) return { status: 200, body: asAsked(found, request) };
    const isList = Object.values(RESOURCES)
      .flat()
      .some(({ name }) => path.endsWith(`/${name}`));
    if (!isList) return notFound(path);
    const plural = path.split('/').at(-1) ?? '';
    const prefix = path.slice(0, -plural.length);
    const selector = url.searchParams.get('labelSelector')?.split(',') ?? [];
    const wanted = selector.map((one) => one.split('='));
    const items = [...this.objects]
      .filter(([key]) => key.startsWith(prefix) && key.split('/').at(-2) === plural)
      .map(([, object]) => object)
      .filter(({ metadata }) =>
        wanted.every(([name = '', value]) => metadata?.labels?.[name] === value),
      );
    return { status: 200, body: { items } };
  }

  private patch(path: string, body: string, request: IncomingMessage): Answer {
    const sent = JSON.parse(body) as KubernetesObject;
    const old = this.objects.get(path);
    const isApply = request.headers['content-type'] === 'application/apply-patch+yaml';
    if (!isApply && !old) return notFound(path);
    const merged = isApply
      ? { ...old, ...sent, metadata: { ...old?.metadata, ...sent.metadata } }
      : (mergePatch(old, sent) as KubernetesObject);
    if (JSON.stringify(old) !== JSON.stringify(merged)) this.put(path, merged);
    return { status: old ? 200 : 201, body: asAsked(this.objects.get(path) ?? merged, request) };
  }
}

/** RFC 7386: objects are merged field by field, and null takes a field away. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = mergePatch(merged[name], value);
  }
  return merged;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function asAsked(object: KubernetesObject, request: IncomingMessage): unknown {
  const isMetadataOnly = request.headers.accept?.includes('as=PartialObjectMetadata');
  return isMetadataOnly ? { kind: 'PartialObjectMetadata', metadata: object.metadata } : object;
}

const notFound = (path: string): Answer => ({
  status: 404,
  body: { kind: 'Status', message: `${path} not found` },
});

/** A fake API server and a client of it, new for each test of the file or block that calls this. */
export function fakeApi(): { readonly server: FakeApplyServer; readonly client: KubeClient } {
  const api = {} as { server: FakeApplyServer; client: KubeClient };
  beforeEach(async () => {
    api.server = await FakeApplyServer.start();
    api.client = new KubeClient(api.server.kubeConfig, new AbortController().signal);
  });
  afterEach(async () => {
    api.client.close();
    await api.server.stop();
  });
  return api;
}
