import type { KubernetesObject, V1Deployment, V1Node, V1Pod } from '@kubernetes/client-node';
import { drills, drillsNamed } from '../../../../cli/lib/drills/catalogue';
import { certificate } from '../../../../cli/lib/drills/catalogue/certificate';
import { containerDown } from '../../../../cli/lib/drills/catalogue/container-down';
import { cpu } from '../../../../cli/lib/drills/catalogue/cpu';
import { disk } from '../../../../cli/lib/drills/catalogue/disk';
import { exec } from '../../../../cli/lib/drills/catalogue/exec';
import { exporterDown } from '../../../../cli/lib/drills/catalogue/exporter-down';
import { memory } from '../../../../cli/lib/drills/catalogue/memory';
import { nodeDown } from '../../../../cli/lib/drills/catalogue/node-down';
import { scan } from '../../../../cli/lib/drills/catalogue/scan';
import { sshBruteForce } from '../../../../cli/lib/drills/catalogue/ssh-brute-force';
import { traffic } from '../../../../cli/lib/drills/catalogue/traffic';
import type { Drill, Fault } from '../../../../cli/lib/drills/drill';
import { findSpareNode } from '../../../../cli/lib/drills/nodes';
import { DRILL_LABEL } from '../../../../cli/lib/drills/pods';
import { ruleOf } from '../../../../cli/lib/drills/rules';
import { Station } from '../../../../cli/lib/station';
import { parseSettings } from '../../../../constructs/settings';
import { buildTopology } from '../../../../constructs/topology';
import { FakeApplyServer } from '../../../support/fake-apply-server';
import { FakeTools } from '../../../support/fake-tools';
import { restrictedViolations } from '../../../support/pod-security';
import { furnish, putNode, quietStations, sceneOf } from './scene';

let server: FakeApplyServer;

beforeEach(async () => {
  server = await FakeApplyServer.start();
  furnish(server);
});
afterEach(() => server.stop());

const settings = parseSettings({});
const topology = buildTopology(settings);

describe('the catalogue', () => {
  test('has a name for each drill, and a word for all', () => {
    const names = drills.map(({ name }) => name);

    expect(new Set(names).size).toBe(names.length);
    expect(drillsNamed('cpu')).toEqual([cpu]);
    expect(drillsNamed('all')).toEqual(drills);
    expect(() => drillsNamed('cup')).toThrow(
      `no drill 'cup'; allowed: ${names.join(', ')}, or all`,
    );
  });

  test.each(drills)('$name raises an alert that is installed', async ({ alert, window }) => {
    const rule = ruleOf(alert, settings, topology);

    expect(rule.alert.alert).toBe(alert);
    for (const seconds of Object.values((await window?.(rule, sceneOf(server))) ?? {})) {
      expect(seconds).toBeGreaterThan(0);
    }
  });

  test('a rule is known with its wait, and with the range of what it reads', () => {
    const of = (name: string) => ruleOf(name, settings, topology);

    expect(of('ContainerStopped')).toMatchObject({ source: 'prometheus', forSeconds: 60 });
    expect(of('NodeTrafficHigh')).toMatchObject({ forSeconds: 0, rangeSeconds: 50 });
    expect(of('ContainerCpuNearLimit')).toMatchObject({ forSeconds: 300, rangeSeconds: 60 });
    expect(of('ExecIntoPod')).toMatchObject({ source: 'loki', forSeconds: 0, rangeSeconds: 300 });
    expect(() => of('Nothing')).toThrow('there is no alert Nothing');
  });

  test('what the settings shorten, a drill waits less for', () => {
    const hurried = parseSettings({ thresholds: { longestFor: '30s' } });

    expect(ruleOf('ContainerMemoryNearLimit', hurried, topology).forSeconds).toBe(30);
  });
});

/** Objects of drills that are there, by path. */
const left = (): string[] =>
  [...server.objects].flatMap(([path, { metadata }]) =>
    metadata?.labels?.[DRILL_LABEL] && !path.endsWith('/namespaces/vigil-drill') ? [path] : [],
  );

async function caused(drill: Drill, more = {}): Promise<Fault> {
  const fault = await drill.prepare(sceneOf(server, more));
  await fault.cause();
  return fault;
}

describe.each([cpu, memory, disk, containerDown, traffic, certificate])('$name', (drill) => {
  test('has pods that the level restricted takes', async () => {
    await caused(drill);

    const pods = left().filter((path) => path.includes('/pods/'));
    expect(pods.length).toBeGreaterThan(0);
    for (const path of pods) {
      const { spec } = server.objects.get(path) as V1Pod;
      expect(spec && restrictedViolations(spec)).toEqual([]);
      expect(spec?.automountServiceAccountToken).toBe(false);
    }
  });

  test('leaves nothing, and has nothing to do where nothing is', async () => {
    await caused(drill);
    await drill.restore?.(sceneOf(server));
    expect(left()).toEqual([]);

    const before = server.writes.length;
    await drill.restore?.(sceneOf(server));
    expect(server.writes.length).toBe(before);
  });

  test('keeps off the node that may be stopped', async () => {
    await caused(drill, { spareNode: 'two' });

    for (const path of left().filter((one) => one.includes('/pods/'))) {
      const { spec } = server.objects.get(path) as V1Pod;
      const terms =
        spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
          ?.nodeSelectorTerms ?? [];
      const isKeptOff = JSON.stringify(terms).includes('"NotIn","values":["two"]');
      expect(isKeptOff || spec?.nodeName !== 'two').toBe(true);
      expect(spec?.nodeName).not.toBe('two');
    }
  });
});

test('without the sample-app there is no image, and that is said', async () => {
  server.objects.delete('/apis/apps/v1/namespaces/web/deployments/sample-app');
  const fault = await cpu.prepare(sceneOf(server));

  await expect(fault.cause()).rejects.toThrow('not here: web/sample-app is not installed');
});

test('memory is held half-way between the bound and the limit', async () => {
  await caused(memory);

  const pod = server.objects.get('/api/v1/namespaces/vigil-drill/pods/memory-abc123') as V1Pod;
  expect(pod.spec?.containers[0]?.command?.at(-1)).toContain(
    `count=${Math.round(128 * 1024 * 0.95)}`,
  );
});

test.each([
  ['as kind of ours is told', { one: '15s', two: '15s', three: '15s' }, 30],
  ['by default', { one: '1m0s', two: '1m0s', three: '1m0s' }, 120],
  ['by the slowest one', { one: '15s', two: '1h2m3s', three: '15s' }, 7446],
  ['where that is not to be had', {}, 120],
])(
  'disk: a volume is measured within twice the period of kubelet: %s',
  async (_, periods, within) => {
    for (const [node, volumeStatsAggPeriod] of Object.entries(periods)) {
      const config = { kubeletconfig: { volumeStatsAggPeriod } } as KubernetesObject;
      server.put(`/api/v1/nodes/${node}/proxy/configz`, config);
    }
    const rule = ruleOf(disk.alert, settings, topology);

    expect(await disk.window?.(rule, sceneOf(server))).toEqual({
      firing: within,
      resolved: within,
    });
  },
);

test('disk: the node that another drill may have stopped is not asked, and a refusal is no failure', async () => {
  server.intercept = (request) =>
    request.includes('/proxy/configz') ? { status: 403, body: {} } : undefined;
  const rule = ruleOf(disk.alert, settings, topology);

  expect(await disk.window?.(rule, sceneOf(server, { spareNode: 'two' }))).toMatchObject({
    firing: 120,
  });
  const asked = server.requests.filter((request) => request.includes('/proxy/configz'));
  expect(asked.map((request) => request.split('/')[4]).sort()).toEqual(['one', 'three']);
});

test('disk: the claim is bound to what the holder brought along, on its node', async () => {
  const { labels } = await caused(disk);

  const volume = server.objects.get(
    '/api/v1/persistentvolumes/vigil-drill-disk-abc123',
  ) as KubernetesObject & { spec: { local: { path: string }; claimRef: object } };
  expect(volume.spec.claimRef).toEqual({ namespace: 'vigil-drill', name: 'disk-abc123' });
  expect(volume.spec.local.path).toBe(
    '/var/lib/kubelet/pods/uid/volumes/kubernetes.io~empty-dir/volume-0',
  );
  expect(labels).toEqual({ namespace: 'vigil-drill', persistentvolumeclaim: 'disk-abc123' });
  const user = server.objects.get('/api/v1/namespaces/vigil-drill/pods/disk-abc123') as V1Pod;
  expect(user.spec?.nodeName).toBe('one');
});

test('container-down: the fault is when the process ended', async () => {
  const fault = await containerDown.prepare(sceneOf(server));

  expect(await fault.cause()).toBe(Date.parse('2026-01-01T00:00:00Z'));
});

test('traffic takes two nodes', async () => {
  server.objects.delete('/api/v1/nodes/three');

  await expect(traffic.prepare(sceneOf(server, { spareNode: 'two' }))).rejects.toThrow(
    'not here: it takes two nodes that are not to be stopped',
  );
});

test('the impostor is never ready, and has a certificate of the right names', async () => {
  await caused(certificate);

  const { metadata, spec } = server.objects.get(
    '/api/v1/namespaces/web/pods/certificate-abc123',
  ) as V1Pod;
  expect(metadata?.labels).toMatchObject({
    'app.kubernetes.io/name': 'apache',
    'app.kubernetes.io/part-of': 'vigil',
  });
  expect(spec?.containers[0]?.readinessProbe?.exec?.command).toEqual(['false']);
});

describe('exporter-down', () => {
  const path = '/apis/apps/v1/namespaces/monitoring/deployments/blackbox-exporter';
  const deployment = (): V1Deployment => server.objects.get(path) as V1Deployment;

  test('scales it to nothing, and back to what it was', async () => {
    await caused(exporterDown);
    expect(deployment().spec?.replicas).toBe(0);

    await exporterDown.restore?.(sceneOf(server, { run: 'another' }));
    expect(deployment().spec?.replicas).toBe(1);
    expect(deployment().metadata?.annotations).toEqual({});

    const before = server.writes.length;
    await exporterDown.restore?.(sceneOf(server));
    expect(server.writes.length).toBe(before);
  });

  test('is not here where there is none', async () => {
    server.objects.delete(path);

    await expect(exporterDown.prepare(sceneOf(server))).rejects.toThrow('not here:');
    await expect(exporterDown.restore?.(sceneOf(server))).resolves.toBeUndefined();
  });
});

describe('what touches the containers of kind', () => {
  let tools: FakeTools;

  beforeEach(() => {
    tools = new FakeTools();
    tools.install('docker', '[ "$1 $3" = "exec cat" ] && echo "id-of-$2"; true');
  });
  afterEach(() => tools.remove());

  const pod = (name: string, node: string, metadata: object = {}): void =>
    server.put(`/api/v1/namespaces/n/pods/${name}`, {
      metadata: { name, namespace: 'n', ...metadata },
      spec: { nodeName: node },
      status: { phase: 'Running' },
    } as KubernetesObject);

  test('a node may be stopped when nobody misses what runs on it', async () => {
    putNode(server, 'one', { 'node-role.kubernetes.io/control-plane': '' });
    pod('a', 'three');
    pod('daemon', 'two', { ownerReferences: [{ kind: 'DaemonSet' }] });
    pod('apache', 'two', {
      namespace: 'web',
      labels: { 'app.kubernetes.io/name': 'apache', 'app.kubernetes.io/part-of': 'vigil' },
    });

    expect(await findSpareNode(sceneOf(server))).toBe('two');
    pod('b', 'two');
    expect(await findSpareNode(sceneOf(server))).toBeUndefined();
  });

  test('a container that has the name of a node and not its id is left alone', async () => {
    tools.install('docker', 'echo another');

    expect(await findSpareNode(sceneOf(server))).toBeUndefined();
  });

  test('node-down: kills the container, and starts it again', async () => {
    const annotations = () =>
      (server.objects.get('/api/v1/nodes/two') as V1Node).metadata?.annotations;
    await caused(nodeDown, { spareNode: 'two' });
    expect(annotations()).toEqual({ [DRILL_LABEL]: 'node-down' });

    await nodeDown.restore?.(sceneOf(server));
    await nodeDown.restore?.(sceneOf(server));

    expect(tools.calls).toEqual(['docker kill two', 'docker start two']);
    expect(annotations()).toEqual({});
  });

  test('node-down is not here without such a node', async () => {
    await expect(nodeDown.prepare(sceneOf(server))).rejects.toThrow('not here:');
  });

  test('ssh-brute-force: tries as many passwords as it takes', async () => {
    const { labels } = await caused(sshBruteForce, { spareNode: 'one' });

    expect(labels).toEqual({ node: 'three' });
    const tries = tools.calls.filter((call) => call.includes('drill-abc123@127.0.0.1'));
    expect(tries.length * 3).toBeGreaterThanOrEqual(settings.thresholds.logs.failedSshLogins);
  });

  test('ssh-brute-force is not here where no node runs sshd', async () => {
    tools.install('docker', 'case "$*" in *sshd*) exit 1;; esac; echo "id-of-$2"');

    await expect(sshBruteForce.prepare(sceneOf(server))).rejects.toThrow(
      'not here: no node is a kind container of this machine that runs sshd',
    );
  });
});

test('exec is not here where no audit log arrives', async () => {
  const stations = quietStations();
  const close = (): void => undefined;
  const none = { query: () => Promise.resolve([]), activeAlerts: () => Promise.resolve([]), close };
  const loki = new Station(() => Promise.resolve(none));

  await expect(exec.prepare(sceneOf(server, { stations: { ...stations, loki } }))).rejects.toThrow(
    'not here: no audit log of the API server arrives at Loki',
  );
});

test('scan is not here where its page does not run', async () => {
  server.objects.delete('/apis/apps/v1/namespaces/web/deployments/nginx');

  await expect(scan.prepare(sceneOf(server))).rejects.toThrow('not here: web/nginx does not run');
});
