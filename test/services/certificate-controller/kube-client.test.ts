import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import {
  ApiError,
  ConflictError,
  type Secret,
  UnreachableError,
  withValues,
} from '../../../services/certificate-controller/src/kube';
import { KubeClient } from '../../../services/certificate-controller/src/kube-client';
import { clientOf, testPlan } from '../../support/controller';
import { FakeApiServer, permittedBy, rolledOut } from '../../support/fake-api-server';

const REF = { namespace: 'monitoring', name: 'loki' };
/** The API server writes whole seconds, JavaScript milliseconds. */
const CREATED = '2026-01-02T03:04:05Z';
const MANAGED = { manager: 'kubectl', time: CREATED, fieldsV1: { 'f:data': {} } };

let server: FakeApiServer;
let client: KubeClient;

beforeEach(async () => {
  server = await FakeApiServer.create();
  client = clientOf(server);
});
afterEach(async () => {
  client.close();
  await server.dispose();
});

const secretOf = async (): Promise<Secret> => {
  const secret = await client.getSecret(REF);
  if (!secret) throw new Error('no Secret');
  return secret;
};

describe('Secrets', () => {
  test('keep every field, also those that no model knows, through an update', async () => {
    const metadata = { ...REF, creationTimestamp: CREATED, managedFields: [MANAGED], novel: [1] };
    const stored = { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata, novel: { a: 1 } };
    server.put('secrets', stored);
    const written = await client.updateSecret(withValues(await secretOf(), { key: 'value' }));
    const { uid, resourceVersion } = written.metadata;
    expect(server.get('secrets', 'monitoring', 'loki')).toEqual({
      ...stored,
      metadata: { ...metadata, annotations: {}, uid, resourceVersion },
      data: { key: 'dmFsdWU=' },
    });
  });

  test('that changed since they were read are a conflict, and so are deleted ones', async () => {
    server.put('secrets', { metadata: REF });
    const read = await secretOf();
    await client.updateSecret(read);
    await expect(client.updateSecret(read)).rejects.toThrow(ConflictError);
    server.delete('secrets', 'monitoring', 'loki');
    await expect(client.updateSecret(read)).rejects.toThrow(ConflictError);
    expect(await client.getSecret(REF)).toBeUndefined();
  });
});

describe.each(['Deployment', 'StatefulSet', 'DaemonSet'] as const)('a %s', (kind) => {
  const resource = `${kind.toLowerCase()}s`;

  test('is read, and patched without touching anything else', async () => {
    const containers = [{ name: 'main', env: [{ name: 'A', value: '1' }] }];
    const template = { metadata: { annotations: { other: 'stays' } }, spec: { containers } };
    server.put(resource, { metadata: { ...REF, generation: 1 }, spec: { template } });
    await client.annotatePodTemplate({ kind, ...REF }, { mark: 'x' });
    expect(server.get(resource, 'monitoring', 'loki')?.spec).toEqual({
      template: { ...template, metadata: { annotations: { other: 'stays', mark: 'x' } } },
    });
    expect(await client.getWorkload({ kind, ...REF })).toMatchObject({
      metadata: { ...REF, generation: 2 },
      status: { observedGeneration: rolledOut(2).observedGeneration },
    });
  });

  test('that does not exist is undefined', async () => {
    expect(await client.getWorkload({ kind, ...REF })).toBeUndefined();
  });
});

test('an event is created, read and counted up', async () => {
  const lastTimestamp = new Date('2026-01-02T03:04:05.678Z');
  const involvedObject = { apiVersion: 'v1', kind: 'Secret', ...REF };
  await client.createEvent({ metadata: REF, involvedObject, reason: 'Lost', count: 1 });
  const event = await client.getEvent(REF);
  await client.updateEvent({ ...event, metadata: REF, involvedObject, count: 2, lastTimestamp });
  expect(server.get('events', 'monitoring', 'loki')).toMatchObject({
    involvedObject,
    reason: 'Lost',
    count: 2,
    lastTimestamp: lastTimestamp.toISOString(),
  });
});

test('approving a request changes its conditions and nothing else', async () => {
  const spec = {
    signerName: 'kubernetes.io/kubelet-serving',
    username: 'system:node:worker',
    groups: ['system:nodes'],
    request: 'UEVN',
    usages: ['server auth'],
    expirationSeconds: 3600,
    extra: { 'authentication.kubernetes.io/credential-id': ['a', 'b'] },
  };
  const metadata = { name: 'csr-1', creationTimestamp: CREATED, managedFields: [MANAGED] };
  server.put('certificatesigningrequests', { metadata, spec, status: {} });
  const [request] = await client.listKubeletServingRequests();
  if (!request) throw new Error('no request');
  const approved = { type: 'Approved', status: 'True', lastUpdateTime: new Date(CREATED) };
  await client.approve({ ...request, status: { conditions: [approved] } });
  // The same moments; Go's RFC 3339 parser takes a fraction wherever it takes a second.
  const time = '2026-01-02T03:04:05.000Z';
  expect(server.get('certificatesigningrequests', '', 'csr-1')).toMatchObject({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { ...metadata, creationTimestamp: time, managedFields: [{ ...MANAGED, time }] },
    spec,
    status: { conditions: [{ ...approved, lastUpdateTime: time }] },
  });
  server.delete('certificatesigningrequests', '', 'csr-1');
  await expect(client.approve(request)).rejects.toThrow(ConflictError);
});

test('makes only calls that the roles permit', async () => {
  const authority = { ...testPlan().authority, ...REF, secret: REF.name };
  const loki = { kind: 'StatefulSet', ...REF } as const;
  const [leaf] = testPlan().leaves;
  if (!leaf) throw new Error('no leaf');
  const leaves = [{ ...leaf, restartOnCaChange: loki }];
  server.allow = permittedBy(testPlan({ authority, leaves, approveKubeletServing: true }));
  server.put('secrets', { metadata: REF });
  server.put('statefulsets', { metadata: REF, spec: {} });
  await client.updateSecret(await secretOf());
  await client.getWorkload(loki);
  await client.annotatePodTemplate(loki, { mark: 'x' });
  await client.getNode('worker');
  await client.listKubeletServingRequests();
  expect(server.violations).toEqual([]);
  const other = client.getSecret({ namespace: 'web', name: 'other' });
  await expect(other).rejects.toThrow(/get Secret web\/other: 403 get secrets other is forbidden/);
  await expect(other).rejects.toThrow(ApiError);
});

describe('what is no answer of an API server is as good as away', () => {
  const json = 'application/json';
  test.each([
    ['too many requests', { status: 429, type: json, text: '{"message":"slow"}' }, /429 slow/],
    ['a server that starts', { status: 503, type: 'text/plain', text: 'starting' }, /503 starting/],
    ['HTML', { status: 200, type: 'text/html', text: '<p>login</p>' }, /no object of Kubernetes/],
    ['broken JSON', { status: 200, type: json, text: '{"metadata":' }, /JSON/],
  ])('%s', async (_what, instead, message) => {
    server.put('nodes', { metadata: { name: 'worker' } });
    server.instead = instead;
    const node = client.getNode('worker');
    await expect(node).rejects.toThrow(UnreachableError);
    await expect(node).rejects.toThrow(message);
  });

  test('nobody listens', async () => {
    await server.stop();
    await expect(client.getSecret(REF)).rejects.toThrow(
      /get Secret monitoring\/loki: .*ECONNREFUSED/,
    );
  });

  test.each([
    ['no answer in time', undefined],
    ['half an answer in time', { status: 200, type: json, text: '{"metadata":', length: 99 }],
  ])('%s', async (_what, instead) => {
    server.instead = instead;
    if (!instead) server.beforeCall = () => new Promise(() => {});
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(server.kubeConfigFile);
    const hasty = new KubeClient({ kubeConfig, timeoutMs: 200 });
    await expect(hasty.getSecret(REF)).rejects.toThrow(/no answer within 200 ms/);
  });
});

test('keeps its connections, and opens four at most', async () => {
  const round = (): Promise<unknown> =>
    Promise.all(Array.from({ length: 12 }, () => client.getSecret(REF)));
  await round();
  expect(server.connections).toBe(4);
  await round();
  expect(server.connections).toBe(4);
});

describe('credentials', () => {
  afterEach(() => jest.useRealTimers());

  test('a new token is read within a minute', async () => {
    await client.getSecret(REF);
    await server.rotateToken('second');
    jest.useFakeTimers({
      now: Date.now() + 61_000,
      doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'setTimeout', 'setInterval'],
    });
    expect(await client.getSecret(REF)).toBeUndefined();
    expect(server.connections).toBe(1);
  });

  test('a new CA of the cluster is read at once, and then the old one no longer counts', async () => {
    const file = path.join(server.serviceAccountDir, 'ca.crt');
    const ca = await readFile(file, 'utf8');
    await client.getSecret(REF);
    const other = await FakeApiServer.create();
    await writeFile(file, await readFile(path.join(other.serviceAccountDir, 'ca.crt')));
    await other.dispose();
    await expect(client.getSecret(REF)).rejects.toThrow(UnreachableError);
    await writeFile(file, ca);
    expect(await client.getSecret(REF)).toBeUndefined();
  });

  test('a missing token is named', async () => {
    await rm(path.join(server.serviceAccountDir, 'token'));
    await expect(client.getSecret(REF)).rejects.toThrow(/ENOENT.*token/);
  });

  test('are those of the service account in a pod', async () => {
    const root = await mkdtemp(path.join(os.tmpdir(), 'pod-'));
    const mount = path.join(root, 'var/run/secrets/kubernetes.io');
    await mkdir(mount, { recursive: true });
    await symlink(server.serviceAccountDir, path.join(mount, 'serviceaccount'));
    process.env.KUBERNETES_SERVICE_HOST = 'localhost';
    process.env.KUBERNETES_SERVICE_PORT = String(server.port);
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromCluster(root);
    delete process.env.KUBERNETES_SERVICE_HOST;
    delete process.env.KUBERNETES_SERVICE_PORT;
    const inPod = new KubeClient({ kubeConfig, timeoutMs: 2_000 });
    expect(await inPod.getSecret(REF)).toBeUndefined();
    inPod.close();
    await rm(root, { recursive: true });
  });
});
