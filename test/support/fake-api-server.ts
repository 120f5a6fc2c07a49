import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import type { CertificatePlan } from '../../constructs/topology/certificate-plan';
import {
  generateRsaKey,
  issueLeaf,
  issueRoot,
} from '../../services/certificate-controller/src/issue';
import { parseSigner } from '../../services/certificate-controller/src/signer';

/** Any Kubernetes object, as far as the fake cares. */
export interface FakeObject {
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    generation?: number;
    annotations?: Record<string, string>;
  };
  [field: string]: unknown;
}

/** One call as the API server's authorisation sees it. */
export interface FakeCall {
  readonly verb: string;
  /** Plural, with the subresource: `certificatesigningrequests/approval`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** An answer as it goes over the wire. */
export interface FakeAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  /** Bytes that are promised; the rest never comes. */
  readonly length?: number;
}

interface Route {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

const FIRST_TOKEN = 'token-of-the-service-account';
const MERGE_PATCH = 'application/merge-patch+json';
const VERBS: Partial<Record<string, string>> = {
  GET: 'get',
  PUT: 'update',
  POST: 'create',
  PATCH: 'patch',
};

/**
 * The part of a Kubernetes API server that the certificate-controller uses, on a real TLS socket:
 * resource versions with 409, merge patches, authorisation by name, and ways to misbehave.
 */
export class FakeApiServer {
  readonly objects = new Map<string, FakeObject>();
  /** Calls outside of what `allow` permits; each was answered with 403. */
  readonly violations: FakeCall[] = [];
  /** Calls that changed something, in order. */
  readonly writes: FakeCall[] = [];
  /** Every call that was answered. */
  calls = 0;
  /** Called after each change, before it is answered. */
  onWrite: (call: FakeCall) => void = () => {};
  /** Called before each call is looked at; may wait, to make the server slow. */
  beforeCall: (call: FakeCall) => Promise<void> | void = () => {};
  allow: (call: FakeCall) => boolean = () => true;
  /** What is answered instead of the truth, if anything. */
  instead: FakeAnswer | undefined;
  /** While true, workloads do not get on with what a patch asks of them. */
  holdRollouts = false;
  port = 0;
  /** Holds `token`, `ca.crt` and `kubeconfig`, which names the other two. */
  serviceAccountDir = '';
  /** Connections that were opened to it. */
  connections = 0;

  private server: Server | undefined;
  private readonly sockets = new Set<Duplex>();
  private version = 0;
  private tls = { cert: '', key: '' };
  private token = FIRST_TOKEN;

  static async create(): Promise<FakeApiServer> {
    const fake = new FakeApiServer();
    await fake.createCredentials();
    await fake.start();
    await fake.writeKubeConfig();
    return fake;
  }

  /** Listens, on the same port as before if there was one. */
  async start(): Promise<void> {
    const server = createServer(this.tls, (request, response) => {
      void this.handle(request, response);
    });
    server.on('connection', (socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Goes away: open connections are cut, new ones are refused. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }

  async dispose(): Promise<void> {
    await this.stop();
    await rm(this.serviceAccountDir, { recursive: true, force: true });
  }

  get kubeConfigFile(): string {
    return path.join(this.serviceAccountDir, 'kubeconfig');
  }

  /** Takes another token from now on, and none before it. */
  async rotateToken(token: string): Promise<void> {
    this.token = token;
    await writeFile(path.join(this.serviceAccountDir, 'token'), token);
  }

  get(resource: string, namespace: string, name: string): FakeObject | undefined {
    return this.objects.get(`${resource}/${namespace}/${name}`);
  }

  /** Puts an object there by hand, as `kubectl` or another component would. */
  put(resource: string, object: FakeObject): void {
    const { namespace = '', name } = object.metadata;
    this.store(`${resource}/${namespace}/${name}`, object);
  }

  delete(resource: string, namespace: string, name: string): void {
    this.objects.delete(`${resource}/${namespace}/${name}`);
  }

  private store(key: string, object: FakeObject): FakeObject {
    this.version += 1;
    const before = this.objects.get(key);
    const uid = before?.metadata.uid ?? `uid-${this.version}`;
    const metadata = { ...object.metadata, uid, resourceVersion: String(this.version) };
    const stored = { ...object, metadata };
    this.objects.set(key, stored);
    return stored;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const route = parsePath(request.url ?? '');
    const call = callOf(request.method ?? '', route, body);
    await this.beforeCall(call);
    if (response.destroyed) return;
    this.calls += 1;
    const [status, answer] = this.unacceptable(request) ?? this.answer(call, route, body);
    if (status < 300 && call.verb !== 'get' && call.verb !== 'list') {
      this.writes.push(call);
      this.onWrite(call);
    }
    const truth = { status, type: 'application/json', text: JSON.stringify(answer) };
    const instead: FakeAnswer = this.instead ?? truth;
    const length = instead.length ?? Buffer.byteLength(instead.text);
    response.writeHead(instead.status, {
      'content-type': instead.type,
      'content-length': length,
    });
    response.end(instead.text);
  }

  private unacceptable({ method, headers }: IncomingMessage): [number, unknown] | undefined {
    if (headers.authorization !== `Bearer ${this.token}`) return [401, failure('Unauthorized')];
    const wrongPatch = method === 'PATCH' && headers['content-type'] !== MERGE_PATCH;
    return wrongPatch ? [415, failure(`only ${MERGE_PATCH}`)] : undefined;
  }

  private answer(call: FakeCall, route: Route, body: FakeObject): [number, unknown] {
    if (!this.allow(call)) {
      this.violations.push(call);
      return [403, failure(`${call.verb} ${call.resource} ${call.name} is forbidden`)];
    }
    if (call.verb === 'list') return [200, { items: this.list(route.resource) }];
    const key = `${route.resource}/${route.namespace}/${call.name}`;
    const existing = this.objects.get(key);
    if (call.verb === 'create') {
      return existing ? [409, failure('already exists')] : [201, this.store(key, body)];
    }
    return existing ? this.answerAbout(call, key, { existing, body }) : [404, failure('not found')];
  }

  private answerAbout(
    { verb }: FakeCall,
    key: string,
    { existing, body }: { existing: FakeObject; body: FakeObject },
  ): [number, unknown] {
    if (verb === 'get') return [200, existing];
    if (verb === 'patch') return [200, this.store(key, this.roll(merged(existing, body)))];
    const expected = body.metadata.resourceVersion;
    return expected === undefined || expected === existing.metadata.resourceVersion
      ? [200, this.store(key, body)]
      : [409, failure('the object has been modified')];
  }

  private list(resource: string): FakeObject[] {
    const prefix = `${resource}/`;
    return [...this.objects].filter(([key]) => key.startsWith(prefix)).map(([, one]) => one);
  }

  /** What a workload's controller does after a patch of its template: all at once, or nothing. */
  private roll(workload: FakeObject): FakeObject {
    const generation = (workload.metadata.generation ?? 1) + 1;
    const metadata = { ...workload.metadata, generation };
    if (this.holdRollouts) return { ...workload, metadata };
    return { ...workload, metadata, status: rolledOut(generation) };
  }

  private async createCredentials(): Promise<void> {
    const now = new Date();
    const root = await issueRoot(
      { trustDomain: 'kubernetes', lifetimeSeconds: 86_400, now },
      generateRsaKey,
    );
    const leaf = {
      component: 'api-server',
      namespace: 'default',
      secret: 'none',
      commonName: 'kube-apiserver',
      dnsNames: ['localhost'],
      uris: [],
      usages: ['serverAuth' as const],
    };
    const signer = parseSigner(root.certificate, root.key);
    const issued = await issueLeaf({ leaf, lifetimeSeconds: 3600, signer, now }, generateRsaKey);
    this.tls = { cert: issued.certificate, key: issued.key };
    this.serviceAccountDir = await mkdtemp(path.join(os.tmpdir(), 'service-account-'));
    await writeFile(path.join(this.serviceAccountDir, 'ca.crt'), root.certificate);
    await writeFile(path.join(this.serviceAccountDir, 'token'), this.token);
  }

  /** As client-node describes the service account of a pod: a token file, read again when it is old. */
  private async writeKubeConfig(): Promise<void> {
    const server = `https://localhost:${this.port}`;
    const tokenFile = path.join(this.serviceAccountDir, 'token');
    const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } };
    const kubeConfig = {
      clusters: [{ name: 'fake', cluster: { server, 'certificate-authority': 'ca.crt' } }],
      users: [{ name: 'controller', user }],
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'controller' } }],
      'current-context': 'fake',
    };
    await writeFile(this.kubeConfigFile, JSON.stringify(kubeConfig));
  }
}

/** A workload whose pods are all of the present template and ready. */
export function rolledOut(generation: number): Record<string, unknown> {
  return {
    observedGeneration: generation,
    replicas: 1,
    readyReplicas: 1,
    updatedReplicas: 1,
    currentRevision: 'r',
    updateRevision: 'r',
    desiredNumberScheduled: 1,
    updatedNumberScheduled: 1,
    numberReady: 1,
  };
}

/** Exactly the calls that the controller's roles permit. */
export function permittedBy(plan: CertificatePlan): (call: FakeCall) => boolean {
  const secrets = [plan.authority, ...plan.leaves, ...plan.passwords].map(
    ({ namespace, secret }) => `secrets/${namespace}/${secret}`,
  );
  const workloads = [
    ...plan.leaves.map(({ restartOnCaChange }) => restartOnCaChange),
    ...plan.passwords.map(({ restart }) => restart),
  ].map((ref) => ref && `${ref.kind.toLowerCase()}s/${ref.namespace}/${ref.name}`);
  const kubelets = (verb: string): readonly string[] => (plan.approveKubeletServing ? [verb] : []);
  const rules: Record<string, { verbs: readonly string[]; names?: readonly unknown[] }> = {
    secrets: { verbs: ['get', 'update'], names: secrets },
    deployments: { verbs: ['get', 'patch'], names: workloads },
    statefulsets: { verbs: ['get', 'patch'], names: workloads },
    daemonsets: { verbs: ['get', 'patch'], names: workloads },
    events: { verbs: ['get', 'create', 'update'] },
    nodes: { verbs: kubelets('get') },
    certificatesigningrequests: { verbs: kubelets('list') },
    'certificatesigningrequests/approval': { verbs: kubelets('update') },
  };
  return ({ verb, resource, namespace, name }) => {
    const rule = rules[resource];
    if (!rule?.verbs.includes(verb)) return false;
    return rule.names?.includes(`${resource}/${namespace}/${name}`) ?? true;
  };
}

async function readBody(request: IncomingMessage): Promise<FakeObject> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? { metadata: { name: '' } } : (JSON.parse(text) as FakeObject);
}

function callOf(method: string, route: Route, body: FakeObject): FakeCall {
  const { namespace, subresource } = route;
  const name = route.name || body.metadata?.name || '';
  const verb = method === 'GET' && name === '' ? 'list' : (VERBS[method] ?? method);
  const resource = subresource ? `${route.resource}/${subresource}` : route.resource;
  return { verb, resource, namespace, name };
}

function parsePath(url: string): Route {
  const parts = new URL(url, 'https://api').pathname.split('/').filter(Boolean);
  const rest = parts[0] === 'api' ? parts.slice(2) : parts.slice(3);
  const namespaced = rest[0] === 'namespaces';
  const [resource = '', name = '', subresource = ''] = namespaced ? rest.slice(2) : rest;
  return { resource, namespace: namespaced ? (rest[1] ?? '') : '', name, subresource };
}

function failure(message: string): Record<string, string> {
  return { kind: 'Status', message };
}

/** RFC 7386. */
function merged<T>(target: T, patch: unknown): T {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch as T;
  const result = { ...(target as Record<string, unknown>) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result as T;
}
