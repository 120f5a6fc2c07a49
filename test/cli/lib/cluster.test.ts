import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ensureKindCluster, findKindCluster } from '../../../cli/lib/cluster';
import type { KindConfig } from '../../../cli/lib/kind-config';
import { stateFolder } from '../../../cli/lib/paths';
import { CreationMarker } from '../../../cli/lib/state';
import { parseSettings } from '../../../constructs/settings';
import { FakeTools } from '../../support/fake-tools';

const NAME = 'vigil-cluster-test';
const OURS = '/etc/kubernetes/vigil';
const settings = parseSettings({ cluster: { name: NAME } });
const marker = new CreationMarker(stateFolder(), NAME);
const signal = new AbortController().signal;

let tools: FakeTools;
let notes: string[];

beforeEach(() => {
  tools = new FakeTools();
  notes = [];
  marker.clear();
  delete process.env.VIGIL_NODE_IMAGE;
});

afterEach(() => {
  marker.clear();
  rmSync(join(stateFolder(), NAME), { recursive: true, force: true });
  tools.remove();
});

/** A machine with these nodes of the cluster, whose containers have this mount. */
function machine(nodes: readonly string[], mount = '/lib/modules', create = ':'): void {
  const names = nodes.map((node) => `${NAME}-${node}`).join('\\n');
  tools.install('docker', `if [ "$1" = inspect ]; then echo "${mount}"; fi`);
  tools.install(
    'kind',
    `case "$1 $2" in
      "get nodes") printf '${names}';;
      "create cluster") while read -r line; do echo "$line"; done > "${tools.path('config.yaml')}"; ${create};;
    esac`,
  );
}

const ensure = (): Promise<boolean> =>
  ensureKindCluster(settings, {
    signal,
    report: () => undefined,
    note: (line) => notes.push(line),
  });

const kindCalls = (): string[] => tools.calls.filter((call) => /^kind (create|delete)/.test(call));

test('without a cluster one is created, with the audit policy in place and no marker left', async () => {
  machine([]);
  expect(await ensure()).toBe(true);
  expect(kindCalls()).toEqual([`kind create cluster --name ${NAME} --config -`]);
  expect(existsSync(join(stateFolder(), NAME, 'audit-policy.yaml'))).toBe(true);
  expect(marker.isSet).toBe(false);
});

test('the node image of the environment goes before that of the settings', async () => {
  machine([]);
  process.env.VIGIL_NODE_IMAGE = 'kindest/node:air-gapped';
  await ensure();
  // The fake's `read` drops indentation; the image lines are enough.
  const text = readFileSync(tools.path('config.yaml'), 'utf8');
  expect(text.match(/^image: kindest\/node:air-gapped$/gm)).toHaveLength(3);
});

test('a cluster of ours is used as it is, and its stopped nodes are started', async () => {
  machine(['control-plane', 'worker', 'worker2'], OURS);
  expect(await ensure()).toBe(false);
  expect(kindCalls()).toEqual([]);
  expect(tools.calls).toContain(
    `docker start ${NAME}-control-plane ${NAME}-worker ${NAME}-worker2`,
  );
  expect(notes).toEqual([]);
});

test('a three-node config on a one-node cluster works, and says so', async () => {
  machine(['control-plane'], OURS);
  await ensure();
  expect(notes).toEqual([expect.stringContaining('has 1 node(s), the settings ask for 3')]);
});

test('a cluster of somebody else is refused and left alone, with or without a marker of ours', async () => {
  machine(['control-plane']);
  await expect(ensure()).rejects.toThrow(`kind cluster '${NAME}' exists and was not made by Vigil`);
  marker.set();
  await expect(ensure()).rejects.toThrow('was not made by Vigil');
  expect(kindCalls()).toEqual([]);
});

test.each([
  ['with its control plane', ['control-plane', 'worker'], OURS],
  ['before its control plane', ['worker'], '/lib/modules'],
])('a cluster of ours left half-made, %s, is made anew', async (_case, nodes, mount) => {
  machine(nodes, mount);
  marker.set();
  expect(await ensure()).toBe(true);
  expect(kindCalls()).toEqual([
    `kind delete cluster --name ${NAME}`,
    `kind create cluster --name ${NAME} --config -`,
  ]);
  expect(notes).toEqual([expect.stringContaining('left half-made by an interrupted run')]);
});

test('a creation that fails leaves the marker, so that the next run starts over', async () => {
  machine(
    [],
    OURS,
    'echo "ERROR: failed to create cluster: port is already allocated" >&2; exit 1',
  );
  await expect(ensure()).rejects.toThrow('port is already allocated');
  expect(marker.isSet).toBe(true);
  expect((await findKindCluster(NAME, signal)).state).toBe('absent');
});

test('a node image that cannot be pulled: which one, and what to set instead', async () => {
  const line =
    'ERROR: failed to create cluster: failed to pull image "kindest/node:v1.37.0@sha256:a1"';
  machine([], OURS, `echo '${line}: command failed' >&2; exit 1`);
  await expect(ensure()).rejects.toThrow(
    'kind cannot pull kindest/node:v1.37.0@sha256:a1; name a node image that this machine has or can reach: cluster.nodeImage in vigil.config.ts, or VIGIL_NODE_IMAGE',
  );
});

test('the configuration is valid YAML that names the cluster', async () => {
  machine([]);
  tools.install('kind', `[ "$1" = create ] && exec /bin/cat > "${tools.path('config.yaml')}"; :`);
  await ensure();
  const config = parse(readFileSync(tools.path('config.yaml'), 'utf8')) as KindConfig;
  expect(config.name).toBe(NAME);
  expect(config.nodes).toHaveLength(3);
});
