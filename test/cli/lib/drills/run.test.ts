import { PassThrough } from 'node:stream';
import type { V1Deployment } from '@kubernetes/client-node';
import { cpu } from '../../../../cli/lib/drills/catalogue/cpu';
import { exporterDown } from '../../../../cli/lib/drills/catalogue/exporter-down';
import { NotHere, type Drill } from '../../../../cli/lib/drills/drill';
import { DRILL_LABEL } from '../../../../cli/lib/drills/pods';
import { conductAll, listDrills, mayDisturb } from '../../../../cli/lib/drills/run';
import { Output } from '../../../../cli/lib/output';
import type { Session } from '../../../../cli/lib/session';
import { AUDIT_MOUNT } from '../../../../cli/lib/kind-config';
import { parseSettings } from '../../../../constructs/settings';
import { FakeApplyServer } from '../../../support/fake-apply-server';
import { FakeTools } from '../../../support/fake-tools';
import { furnish, sceneOf } from './scene';

let server: FakeApplyServer;
let tools: FakeTools;
let stdout: string;
let session: Session;

beforeEach(async () => {
  server = await FakeApplyServer.start();
  furnish(server);
  // A kind cluster `ours` that `vigil up` made, and one that it did not.
  tools = new FakeTools();
  tools.install('kind', 'echo node-of-$4');
  tools.install(
    'docker',
    `case "$*" in *node-of-ours*) echo ${AUDIT_MOUNT};; *) echo /other;; esac`,
  );
  stdout = '';
  const stream = new PassThrough().on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  session = { output: new Output(false, stream as never), signal: new AbortController().signal };
});
afterEach(async () => {
  tools.remove();
  await server.stop();
});

const notHere: Drill = {
  ...cpu,
  prepare: () => Promise.reject(new NotHere('nothing to burn')),
};

const conductThese = async (...chosen: readonly Drill[]) => {
  const { client, settings } = sceneOf(server);
  return conductAll(session, { settings, client, chosen, within: 60 });
};

test('what a killed run has left is removed first', async () => {
  const scene = sceneOf(server);
  for (const drill of [cpu, exporterDown]) await (await drill.prepare(scene)).cause();

  const [outcome] = await conductThese(notHere);

  expect(outcome).toMatchObject({ state: 'skipped', reasons: ['not here: nothing to burn'] });
  const labelled = [...server.objects.values()].filter(
    ({ metadata }) => metadata?.labels?.[DRILL_LABEL],
  );
  expect(labelled).toEqual([]);
  const exporter = '/apis/apps/v1/namespaces/monitoring/deployments/blackbox-exporter';
  expect((server.objects.get(exporter) as V1Deployment).spec?.replicas).toBe(1);
});

test('an error that nobody foresaw leaves nothing behind either', async () => {
  const prepare: Drill['prepare'] = async (scene) => {
    await (await cpu.prepare(scene)).cause();
    throw new Error('unforeseen');
  };

  await expect(conductThese({ ...cpu, prepare })).rejects.toThrow('unforeseen');
  expect(server.objects.has('/api/v1/namespaces/vigil-drill/pods/cpu-abc123')).toBe(false);
  expect(server.objects.has('/api/v1/namespaces/vigil-drill')).toBe(false);
});

test('a drill begins when the fault that would disturb it is over', async () => {
  const said: string[] = [];
  const one = (name: string, more: Partial<Drill>): Drill => ({
    ...notHere,
    name,
    prepare: async () => {
      said.push(`${name} begins`);
      await new Promise((done) => setTimeout(done, 20));
      throw new NotHere('nothing to do');
    },
    restore: () => Promise.resolve(void said.push(`${name} is over`)),
    ...more,
  });
  const outcomes = await conductThese(
    one('late', { after: ['early', 'not chosen'] }),
    one('other', {}),
    one('early', {}),
  );

  expect(outcomes.map(({ drill }) => drill.name)).toEqual(['late', 'other', 'early']);
  expect(said.indexOf('late begins')).toBeGreaterThan(said.indexOf('early is over'));
  expect(said.indexOf('other begins')).toBeLessThan(said.indexOf('early is over'));
});

test('the list names every drill with its alert', () => {
  listDrills(session);

  expect(stdout).toMatch(/^container-down .+ ContainerStopped$/m);
  expect(stdout).toContain('`vigil drill <name>`');
});

describe('asks', () => {
  const settings = parseSettings({ cluster: { name: 'ours' } });
  const ask = (drills: readonly Drill[], context?: string, yes = false) =>
    mayDisturb(session, settings, drills, { context, yes, timeout: 60 });

  test('nobody on a cluster that Vigil made, where nothing else is stopped', async () => {
    expect(await ask([cpu])).toBe(true);
    expect(await ask([cpu], 'kind-ours')).toBe(true);
  });

  test.each([
    ['a kind cluster of somebody else', [cpu], 'kind-other', 'in kind-other? Their'],
    ['any other cluster', [cpu], 'production', 'in production? Their alerts are sent.'],
    [
      'one of its own, where something else is stopped',
      [cpu, exporterDown],
      undefined,
      "in kind cluster 'ours' (no certificate and no page is probed meanwhile)?",
    ],
  ])('before it disturbs %s', async (_which, drills, context, question) => {
    await expect(ask(drills, context)).rejects.toThrow(question);
    expect(await ask(drills, context, true)).toBe(true);
  });
});
