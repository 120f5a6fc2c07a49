import type { KubernetesObject } from '@kubernetes/client-node';
import { applyAll, pruneAll, stagesOf, summarize, type ApplyResult } from '../../../cli/lib/apply';
import { Interrupted } from '../../../cli/lib/errors';
import { readInventory } from '../../../cli/lib/inventory';
import { KubeClient, refOf, type ObjectMeta } from '../../../cli/lib/kube-client';
import { FakeApplyServer } from '../../support/fake-apply-server';

const LABELS = { 'app.kubernetes.io/part-of': 'vigil' };
const INVENTORY = '/api/v1/namespaces/vigil-system/configmaps/vigil-inventory';

const namespace = (name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: LABELS },
});

const object = (
  kind: 'ConfigMap' | 'Secret' | 'Deployment' | 'NetworkPolicy',
  name: string,
  more: object = {},
): KubernetesObject => ({
  apiVersion: {
    ConfigMap: 'v1',
    Secret: 'v1',
    Deployment: 'apps/v1',
    NetworkPolicy: 'networking.k8s.io/v1',
  }[kind],
  kind,
  metadata: { name, namespace: 'monitoring', labels: LABELS },
  ...more,
});

const stack = (): KubernetesObject[] => [
  namespace('vigil-system'),
  namespace('monitoring'),
  object('Deployment', 'grafana'),
  object('ConfigMap', 'grafana'),
  object('Secret', 'grafana-tls'),
];

let server: FakeApplyServer;
let abort: AbortController;
let client: KubeClient;
const lines: string[] = [];

beforeEach(async () => {
  server = await FakeApplyServer.start();
  abort = new AbortController();
  client = new KubeClient(server.kubeConfig, abort.signal);
  lines.length = 0;
});

afterEach(async () => {
  client.close();
  await server.stop();
});

const apply = (objects: KubernetesObject[]): Promise<ApplyResult> =>
  applyAll(client, objects, { signal: abort.signal, report: (line) => lines.push(line) });

const pathOf = (request: string): string => request.split(' ')[1] ?? '';

describe('beside others who write', () => {
  const paths = {
    Deployment: '/apis/apps/v1/namespaces/monitoring/deployments/grafana',
    ConfigMap: '/api/v1/namespaces/monitoring/configmaps/grafana',
  };
  type Managed = ObjectMeta & { readonly status?: object };

  /** Applies the stack when one of its objects is there with some metadata, and gets some more while it is applied. */
  async function applyOver(
    kind: keyof typeof paths,
    { before, after }: { readonly before: Partial<Managed>; readonly after: Partial<Managed> },
  ): Promise<string[]> {
    const path = paths[kind];
    const put = ({ status, ...metadata }: Partial<Managed>): void => {
      const found = server.objects.get(path);
      const merged = { ...found, status, metadata: { ...found?.metadata, ...metadata } };
      server.put(path, merged as unknown as KubernetesObject);
    };
    await apply(stack());
    put(before);
    server.intercept = (request) => {
      if (request === `PATCH ${path}`) put(after);
      return undefined;
    };
    return (await apply(stack())).changedNames;
  }

  const ours = (time: string, fieldsV1: object = { 'f:spec': {} }): ObjectMeta['managedFields'] => [
    { manager: 'vigil', operation: 'Apply', time, fieldsV1 },
  ];
  const status = {
    manager: 'a-controller',
    operation: 'Apply',
    time: '10:01',
    fieldsV1: { 'f:status': {} },
  };
  const before = { generation: 1, managedFields: ours('10:00') };

  test.each<[string, Partial<Managed>]>([
    ['a status is written meanwhile', { status: { readyReplicas: 1 } }],
    [
      'our entry moves behind one of a status, with a new time',
      { managedFields: [status, ...(ours('10:02') ?? [])] },
    ],
  ])('%s: no change of ours', async (_what, after) => {
    expect(await applyOver('Deployment', { before, after })).toEqual([]);
  });

  test.each<[string, Partial<Managed>]>([
    ['the spec', { generation: 2, managedFields: ours('10:02') }],
    ['which fields are ours', { managedFields: ours('10:02', { 'f:spec': { 'f:new': {} } }) }],
    ['whether any field is ours', { managedFields: [status] }],
  ])('%s: a change', async (_what, after) => {
    const changed = await applyOver('Deployment', { before, after });
    expect(changed).toEqual(['Deployment monitoring/grafana']);
  });

  test('a label that was another: a change', async () => {
    const labels = { ...LABELS, 'app.kubernetes.io/part-of': 'another' };
    const changed = await applyOver('Deployment', {
      before: { ...before, labels },
      after: { managedFields: ours('10:02'), labels: LABELS },
    });
    expect(changed).toEqual(['Deployment monitoring/grafana']);
  });

  test('of a kind without generation, a new time is a change', async () => {
    const at = (time: string): Partial<Managed> => ({ managedFields: ours(time) });
    expect(await applyOver('ConfigMap', { before: at('10:00'), after: at('10:02') })).toEqual([
      'ConfigMap monitoring/grafana',
    ]);
  });
});

test('stages: namespaces, then what workloads need, then workloads', () => {
  const kinds = stagesOf(stack()).map((stage) => stage.map(({ kind }) => kind));
  expect(kinds).toEqual([['Namespace', 'Namespace'], ['ConfigMap', 'Secret'], ['Deployment']]);
});

test('a first run creates everything in order, and the inventory names an object before it exists', async () => {
  const result = await apply(stack());

  expect(result).toMatchObject({ created: 5, changed: 0, unchanged: 0, pruned: 0, notes: [] });
  const order = server.writes.map(pathOf);
  expect(order.slice(0, 2).sort()).toEqual([
    '/api/v1/namespaces/monitoring',
    '/api/v1/namespaces/vigil-system',
  ]);
  expect(order[2]).toBe(INVENTORY);
  expect(order.at(-1)).toBe('/apis/apps/v1/namespaces/monitoring/deployments/grafana');
  expect((await readInventory(client)).map(({ kind }) => kind).sort()).toEqual([
    'ConfigMap',
    'Deployment',
    'Namespace',
    'Namespace',
    'Secret',
  ]);
});

test('a second run changes nothing and does not write the inventory', async () => {
  await apply(stack());
  server.requests.length = 0;

  const result = await apply(stack());

  expect(summarize(result)).toBe('5 unchanged');
  expect(server.writes.map(pathOf)).not.toContain(INVENTORY);
});

test('a changed object counts as changed', async () => {
  await apply(stack());
  const objects = stack();
  objects[3] = object('ConfigMap', 'grafana', { data: { a: '1' } });
  const result = await apply(objects);
  expect(summarize(result)).toBe('1 changed, 4 unchanged');
  expect(result.changedNames).toEqual(['ConfigMap monitoring/grafana']);
});

test('an object is sent as it was synthesised: `from` of a NetworkPolicy arrives', async () => {
  const spec = { ingress: [{ from: [{ podSelector: { matchLabels: { app: 'a' } } }] }] };
  await apply([...stack(), object('NetworkPolicy', 'only-a', { spec })]);
  const path = '/apis/networking.k8s.io/v1/namespaces/monitoring/networkpolicies/only-a';
  expect(server.objects.get(path)).toMatchObject({ spec });
});

test("a Secret's contents are never asked for", async () => {
  await apply(stack());
  const path = '/api/v1/namespaces/monitoring/secrets/grafana-tls';
  server.put(path, {
    ...object('Secret', 'grafana-tls'),
    data: { 'tls.key': 'x' },
  } as KubernetesObject);
  const found = await client.metadata(refOf(object('Secret', 'grafana-tls')));
  expect(found).not.toHaveProperty('data');
  await apply(stack());
  expect(server.objects.get(path)).toHaveProperty('data');
});

test('what left the manifests is pruned, Secrets too, and the inventory forgets it', async () => {
  await apply([...stack(), object('Secret', 'old-tls'), object('Deployment', 'old')]);

  const result = await apply(stack());

  expect(result.pruned).toBe(2);
  expect([...server.objects.keys()].filter((key) => key.includes('old'))).toEqual([]);
  expect((await readInventory(client)).filter(({ name }) => name.startsWith('old'))).toEqual([]);
});

test('a cluster-wide object whose manifest gains or loses a namespace is the same object: it stays', async () => {
  const role = (namespace?: string): KubernetesObject => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'vigil-prometheus', labels: LABELS, ...(namespace && { namespace }) },
  });
  const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/vigil-prometheus';
  await apply([...stack(), role('monitoring')]);
  expect((await apply([...stack(), role()])).pruned).toBe(0);
  expect((await apply([...stack(), role('monitoring')])).pruned).toBe(0);
  expect(server.objects.has(path)).toBe(true);
  // Also when the inventory is one that an earlier version wrote.
  const lines = 'rbac.authorization.k8s.io/v1|ClusterRole|monitoring|vigil-prometheus\n';
  server.put(INVENTORY, {
    metadata: { name: 'vigil-inventory' },
    data: { objects: lines },
  } as KubernetesObject);
  expect((await apply([...stack(), role()])).pruned).toBe(0);
  expect(server.objects.has(path)).toBe(true);
});

test('an object that lost our label is left alone, with a note', async () => {
  await apply([...stack(), object('ConfigMap', 'adopted')]);
  const path = '/api/v1/namespaces/monitoring/configmaps/adopted';
  server.put(path, {
    ...object('ConfigMap', 'adopted'),
    metadata: { name: 'adopted', namespace: 'monitoring' },
  });

  const result = await apply(stack());

  expect(server.objects.has(path)).toBe(true);
  expect(result.notes).toEqual([
    'ConfigMap monitoring/adopted is left alone: it is not labelled app.kubernetes.io/part-of=vigil any more',
  ]);
});

test('a namespace that holds volumes is never pruned', async () => {
  await apply([...stack(), namespace('web')]);
  server.put('/api/v1/namespaces/web/persistentvolumeclaims/data', { metadata: { name: 'data' } });
  const result = await apply(stack());
  expect(result.notes).toEqual(['Namespace web is left alone: it holds 1 volume(s) with data']);
  expect(server.objects.has('/api/v1/namespaces/web')).toBe(true);
});

test.each([1, 2, 3, 4, 5, 6])(
  'interrupted at write %i of an update, the next run leaves exactly the manifests',
  async (count) => {
    await apply([...stack(), object('Deployment', 'old'), object('ConfigMap', 'old')]);
    const next = [...stack(), object('ConfigMap', 'new')];
    let writes = 0;
    server.intercept = (line) => {
      if (!line.startsWith('GET') && ++writes === count) abort.abort(new Interrupted());
      return undefined;
    };
    await expect(apply(next)).rejects.toThrow();

    server.intercept = () => undefined;
    abort = new AbortController();
    client = new KubeClient(server.kubeConfig, abort.signal);
    await apply(next);

    const names = [...server.objects.keys()]
      .map((key) => key.split('/').slice(-2).join('/'))
      .sort();
    expect(names).toEqual([
      'configmaps/grafana',
      'configmaps/new',
      'configmaps/vigil-inventory',
      'deployments/grafana',
      'namespaces/monitoring',
      'namespaces/vigil-system',
      'secrets/grafana-tls',
    ]);
    expect(summarize(await apply(next))).toBe('6 unchanged');
  },
);

test('a server that is starting is asked again', async () => {
  let failures = 0;
  server.intercept = (line) =>
    line.startsWith('PATCH') && failures++ < 3
      ? { status: 503, body: { message: 'the server is currently unable to handle the request' } }
      : undefined;
  expect((await apply(stack())).created).toBe(5);
});

test('a refused object is named, with what the server said', async () => {
  server.intercept = (line) =>
    line.startsWith('PATCH') && line.includes('deployments')
      ? { status: 422, body: { message: 'spec.selector: field is immutable' } }
      : undefined;
  await expect(apply(stack())).rejects.toThrow(
    'Deployment monitoring/grafana: spec.selector: field is immutable',
  );
});

test('a namespace that is being deleted is waited for', async () => {
  const path = '/api/v1/namespaces/monitoring';
  server.put(path, {
    ...namespace('monitoring'),
    metadata: { name: 'monitoring', deletionTimestamp: '2026-01-01T00:00:00Z' as unknown as Date },
  });
  let asked = 0;
  server.intercept = (line) => {
    if (line === `GET ${path}` && ++asked === 2) server.objects.delete(path);
    return undefined;
  };
  expect((await apply(stack())).created).toBe(5);
  expect(lines).toContain('namespace monitoring is still being deleted');
});

test('pruning what is gone already, or of a kind that is gone, is no error', async () => {
  const result = { pruned: 0, notes: [] };
  const gone = refOf(object('ConfigMap', 'gone'));
  await pruneAll(
    client,
    [gone, { apiVersion: 'example.org/v1', kind: 'Widget', name: 'w' }],
    result,
  );
  expect(result).toEqual({ pruned: 0, notes: [] });
});
