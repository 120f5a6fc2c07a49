import { conduct, type ConductOptions } from '../../../../cli/lib/drills/conduct';
import { NotHere, type Drill, type Scene } from '../../../../cli/lib/drills/drill';
import { renderOutcomes, reportOf } from '../../../../cli/lib/drills/report';
import { CliError, Interrupted } from '../../../../cli/lib/errors';
import type { StageTimes } from '../../../../cli/lib/passage';
import type { ActiveAlert } from '../../../../cli/lib/prometheus-api';
import type { FollowOptions } from '../../../../cli/lib/stages';
import { FakeApplyServer } from '../../../support/fake-apply-server';
import { sceneOf } from './scene';

/** Seconds after the fault at which each stage is reached; the rule of ContainerStopped waits 60 of them. */
const ALL = { active: 10, firing: 71, alertmanager: 72, accepted: 77, delivered: 78 } as const;

let server: FakeApplyServer;
let scene: Scene;
let restored: Scene[];
let followed: FollowOptions[];

beforeAll(async () => (server = await FakeApplyServer.start()));
afterAll(() => server.stop());
beforeEach(() => {
  scene = sceneOf(server);
  restored = [];
  followed = [];
});

const drill = (more: Partial<Drill> = {}): Drill => ({
  name: 'container-down',
  summary: '',
  alert: 'ContainerStopped',
  prepare: () =>
    Promise.resolve({
      labels: { pod: 'p' },
      evidence: { promql: 'up' },
      cause: () => Promise.resolve(Date.now()),
    }),
  restore: (where) => {
    restored.push(where);
    return Promise.resolve();
  },
  ...more,
});

type Seconds = Readonly<Partial<Record<keyof StageTimes, number>>>;

/** A watch that reaches the stages at these seconds after the fault, and after its end. */
function options(firing: Seconds, resolved: Seconds = ALL, active: ActiveAlert[][] = []) {
  const watch: ConductOptions['watch'] = {
    activeAlerts: () => Promise.resolve(active.shift() ?? []),
    follow: (one) => {
      followed.push(one);
      const seconds = one.status === 'firing' ? firing : resolved;
      const times = Object.entries(seconds).map(([stage, at]) => [stage, one.since + at * 1000]);
      return Promise.resolve(Object.fromEntries(times) as StageTimes);
    },
  };
  const afterwards = { ...scene, run: 'afterwards' };
  return { watch, within: 60, afterwards, onRestored: () => undefined };
}

const SOON = { active: 5, firing: 5, alertmanager: 6, accepted: 8, delivered: 9 };

test('a fault is followed to the people, restored, and its end followed as well', async () => {
  const outcome = await conduct(drill(), scene, options(ALL, SOON));

  expect(outcome).toMatchObject({ state: 'passed', reasons: [] });
  expect(followed.map(({ status }) => status)).toEqual(['firing', 'resolved']);
  expect(followed[0]).toMatchObject({
    labels: { alertname: 'ContainerStopped', pod: 'p' },
    // It is critical and about a container.
    destinations: ['mail', 'container'],
    source: 'prometheus',
  });
  expect(restored.map(({ run }) => run)).toEqual(['afterwards']);
  expect(outcome.ways[0]?.times.seen).toBeGreaterThan(0);
});

test.each(['active', 'firing', 'alertmanager', 'accepted', 'delivered'] as const)(
  'a stage that is not reached is named: %s',
  async (stage) => {
    const reached = Object.entries(ALL).filter(([, at]) => at < ALL[stage]);
    const outcome = await conduct(drill(), scene, options(Object.fromEntries(reached), SOON));

    expect(outcome.state).toBe('failed');
    expect(outcome.reasons.join()).toContain(`firing: stage '${stage}' was not reached`);
    expect(restored).toHaveLength(1);
  },
);

test('the end of what never fired is not waited for', async () => {
  await conduct(drill(), scene, options({ active: 10 }));

  expect(followed).toHaveLength(1);
});

test('a message that is too late fails, and says by how much', async () => {
  const outcome = await conduct(drill(), scene, options({ ...ALL, delivered: 120.5 }, SOON));

  expect(outcome.reasons).toEqual([
    "firing: delivered 60.5 s after the rule's own 60 s, allowed are 60 s",
  ]);
});

test('to see that something is there, a rule needs no `for`', async () => {
  const slow = {
    ...ALL,
    active: 61,
    firing: 100,
    alertmanager: 101,
    accepted: 102,
    delivered: 103,
  };
  const outcome = await conduct(drill(), scene, options(slow, SOON));

  expect(outcome.reasons).toEqual([
    "firing: active 61.0 s after the rule's own 0 s, allowed are 60 s",
  ]);
});

test('an end that is too late fails as well', async () => {
  const outcome = await conduct(drill(), scene, options(ALL, { ...SOON, delivered: 61 }));

  expect(outcome.reasons.join()).toContain('resolved: delivered 61.0 s after');
});

test('the time over which a rule measures is its own', async () => {
  const window = () => ({ firing: 120, resolved: 30 });
  const late = options({ ...ALL, delivered: 230 }, { ...SOON, delivered: 85 });

  expect(await conduct(drill({ window }), scene, late)).toMatchObject({ state: 'passed' });
});

test('what is parked has arrived as far as it can', async () => {
  const { delivered: parked, ...before } = ALL;
  const outcome = await conduct(drill(), scene, options({ ...before, parked }, SOON));

  expect(outcome.state).toBe('passed');
  expect(renderOutcomes([outcome], { style: (_, text) => text })).toMatch(
    /parked.*\n.*\n\ncontainer-down parked: the router has it/,
  );
});

test('a drill that fails to cause its fault is restored', async () => {
  const prepare = () => Promise.reject(new CliError('no pod'));

  expect(await conduct(drill({ prepare }), scene, options(ALL))).toMatchObject({
    state: 'failed',
    reasons: ['no pod'],
  });
  expect(restored).toHaveLength(1);
});

test('a drill that this cluster has nothing for is skipped', async () => {
  const prepare = () => Promise.reject(new NotHere('no node runs sshd'));

  expect(await conduct(drill({ prepare }), scene, options(ALL))).toMatchObject({
    state: 'skipped',
    reasons: ['not here: no node runs sshd'],
  });
});

test('a cluster that could not be restored is a failure', async () => {
  const restore = () => Promise.reject(new CliError('the node does not come back'));

  expect(await conduct(drill({ restore }), scene, options(ALL))).toMatchObject({
    state: 'failed',
    reasons: ['the node does not come back'],
  });
});

test('Ctrl-C ends a drill, and restores first', async () => {
  const controller = new AbortController();
  const interrupted = { ...scene, signal: controller.signal };
  const all = options(ALL);
  const follow = () => {
    controller.abort(new Interrupted());
    return Promise.reject(new Interrupted());
  };

  await expect(
    conduct(drill(), interrupted, { ...all, watch: { ...all.watch, follow } }),
  ).rejects.toThrow('interrupted');
  expect(restored.map(({ signal }) => signal.aborted)).toEqual([false]);
});

test('an alert of an earlier drill is waited for, so that it is not taken for this one', async () => {
  const earlier: ActiveAlert = {
    name: 'ContainerStopped',
    state: 'firing',
    severity: 'critical',
    labels: { alertname: 'ContainerStopped', pod: 'p' },
    summary: '',
    activeAt: 0,
  };
  const other = { ...earlier, labels: { pod: 'q' } };
  const said: string[] = [];
  const causes: number[] = [];
  const prepare: Drill['prepare'] = () =>
    Promise.resolve({
      labels: { pod: 'p' },
      evidence: { promql: 'up' },
      cause: () => Promise.resolve(causes.push(said.length)),
    });
  const report = (line: string): void => void said.push(line);

  const active = [[earlier], [earlier, other], [other]];
  await conduct(drill({ prepare }), { ...scene, report }, options(ALL, SOON, active));

  expect(said.slice(0, 2)).toEqual(
    Array(2).fill('waiting for the end of an earlier ContainerStopped'),
  );
  expect(causes).toEqual([2]);
});

test('the report has a row for each way, and says what went wrong', async () => {
  const outcome = await conduct(drill(), scene, options(ALL, { active: 5, firing: 5 }));
  const lines = renderOutcomes([outcome], { style: (_, text) => text }).split('\n');

  expect(lines[0]).toMatch(
    /^DRILL +WAY +SINCE +SEEN +ACTIVE +FIRING +ALERTMANAGER +ACCEPTED +DELIVERED/,
  );
  expect(lines[1]).toMatch(
    /^container-down +firing +\d\d:\d\d:\d\d +\d\.\d +10\.0 +71\.0 +72\.0 +77\.0 +78\.0 +for 60 +18\.0$/,
  );
  expect(lines[2]).toMatch(/^ +resolved +\d\d:\d\d:\d\d +5\.0 +5\.0 +never +never +never +-$/);
  expect(lines.at(-1)).toBe('0 passed, 1 failed, 0 skipped');
  expect(reportOf(outcome)).toMatchObject({
    name: 'container-down',
    state: 'failed',
    ways: [
      { status: 'firing', stages: { delivered: 78 }, waits: { for: 60, window: 0 }, beyond: 18 },
      { status: 'resolved', stages: { delivered: null }, beyond: null },
    ],
  });
});
