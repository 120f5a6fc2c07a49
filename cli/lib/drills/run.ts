import { randomBytes } from 'node:crypto';
import { loadSettings, type Settings } from '../../../constructs/settings';
import { buildTopology } from '../../../constructs/topology';
import { findKindCluster, withClient } from '../cluster';
import { AlreadyReported } from '../errors';
import { KubeClient } from '../kube-client';
import { stateFolder } from '../paths';
import { confirm } from '../prompt';
import type { Session } from '../session';
import { stationsOf } from '../station';
import { StageWatch } from '../stages';
import { acquireLock } from '../state';
import { runSteps, type Step } from '../steps';
import { drills, drillsNamed } from './catalogue';
import { conduct, type ConductOptions, type Outcome } from './conduct';
import type { Drill, Scene } from './drill';
import { findSpareNode } from './nodes';
import { removeNamespace } from './pods';
import { renderList, renderOutcomes, reportOf } from './report';

export interface DrillOptions {
  readonly context?: string;
  /** The answer to every question, given in advance. */
  readonly yes: boolean;
  /** Seconds that each way of an alert may take beyond what its rule itself waits for. */
  readonly timeout: number;
}

/** Lists the drills. */
export function listDrills({ output }: Session): void {
  output.result(renderList(drills), {
    ok: true,
    drills: drills.map(({ name, summary, alert }) => ({ name, summary, alert })),
  });
}

/**
 * Conducts a drill, or all at once: each has objects and an alert of its own.
 *
 * @throws UsageError when there is no such drill, or nobody to ask.
 * @throws AlreadyReported when one failed.
 */
export async function drill(session: Session, name: string, options: DrillOptions): Promise<void> {
  const chosen = drillsNamed(name);
  const settings = loadSettings();
  const { output } = session;
  if (!(await mayDisturb(session, settings, chosen, options))) {
    output.result('Nothing was done.', { ok: true, drills: [] });
    return;
  }
  await withClient(session, settings, options.context, async (client) => {
    const release = acquireLock(stateFolder(), `${client.kubeConfig.getCurrentContext()}.drill`);
    try {
      const within = options.timeout;
      const outcomes = await conductAll(session, { settings, client, chosen, within });
      const ok = outcomes.every(({ state }) => state !== 'failed');
      output.result(renderOutcomes(outcomes, output), { ok, drills: outcomes.map(reportOf) });
      if (!ok) throw new AlreadyReported('a drill failed');
    } finally {
      release();
    }
  });
}

/** Asks, unless the cluster is one that Vigil made and the drills touch nothing but what they bring along. */
export async function mayDisturb(
  session: Session,
  settings: Settings,
  chosen: readonly Drill[],
  { context, yes }: DrillOptions,
): Promise<boolean> {
  const disturbing = chosen.flatMap(({ disturbs }) => disturbs ?? []);
  const isForeign = context !== undefined && !(await isOurs(context, session.signal));
  if (disturbing.length === 0 && !isForeign) return true;
  const where = context ?? `kind cluster '${settings.cluster.name}'`;
  const consequences = disturbing.map((one) => ` (${one})`).join('');
  const question = `Cause faults on purpose in ${where}${consequences}? Their alerts are sent.`;
  return confirm(session, question, yes);
}

async function isOurs(context: string, signal: AbortSignal): Promise<boolean> {
  const [, name] = /^kind-(.+)$/.exec(context) ?? [];
  return name !== undefined && (await findKindCluster(name, signal)).state === 'ours';
}

export interface ConductAllOptions {
  readonly settings: Settings;
  readonly client: KubeClient;
  readonly chosen: readonly Drill[];
  /** Seconds that each way of an alert may take beyond what its rule itself waits for. */
  readonly within: number;
}

/**
 * Conducts drills side by side, and leaves the cluster as it was.
 *
 * @throws CliError when what an earlier run left cannot be removed.
 */
export async function conductAll(
  { output, signal }: Session,
  { settings, client, chosen, within }: ConductAllOptions,
): Promise<Outcome[]> {
  const topology = buildTopology(settings);
  const common = {
    settings,
    topology,
    run: randomBytes(3).toString('hex'),
    report: () => undefined,
  };
  // Cleaning up goes on when everything else is interrupted; a second Ctrl-C ends it too.
  const never = new AbortController().signal;
  const cleaner = new KubeClient(client.kubeConfig, never);
  const stations = stationsOf(client, signal);
  const watch = new StageWatch(stations, signal);
  const afterwards: Scene = { ...common, client: cleaner, stations, signal: never };
  try {
    await runSteps([[{ title: 'Clean up', run: () => cleanUp(afterwards) }]], output);
    const spareNode = await findSpareNode({ client, topology, signal });
    const scene: Scene = { ...common, client, stations, signal, spareNode };
    return await conductSteps(chosen, scene, { watch, within, afterwards }, output);
  } finally {
    await removeNamespace(afterwards).finally(() => {
      watch.close();
      cleaner.close();
    });
  }
}

/** Removes what is left of runs that were killed. */
async function cleanUp(scene: Scene): Promise<void> {
  await Promise.all(drills.flatMap(({ restore }) => restore?.(scene) ?? []));
  await removeNamespace(scene);
}

async function conductSteps(
  chosen: readonly Drill[],
  scene: Scene,
  options: Omit<ConductOptions, 'onRestored'>,
  output: Session['output'],
): Promise<Outcome[]> {
  const outcomes = new Map<Drill, Outcome>();
  const restored = new Map(chosen.map(({ name }) => [name, new Latch()]));
  const steps = chosen.map((one): Step => ({
    title: one.name,
    run: async (report) => {
      await Promise.all((one.after ?? []).flatMap((name) => restored.get(name)?.opened ?? []));
      scene.signal.throwIfAborted();
      const outcome = await conduct(
        one,
        { ...scene, report },
        {
          ...options,
          afterwards: { ...options.afterwards, report },
          onRestored: () => restored.get(one.name)?.open(),
        },
      );
      outcomes.set(one, outcome);
      if (outcome.state === 'failed') throw new AlreadyReported(outcome.reasons.join('; '));
      return outcome.state === 'skipped' ? outcome.reasons.join() : 'delivered, and its end';
    },
  }));
  try {
    await runSteps([steps], output);
  } catch (error) {
    if (!(error instanceof AlreadyReported)) throw error;
  }
  return chosen.flatMap((one) => outcomes.get(one) ?? []);
}

/** What others wait for, and nobody closes again. */
class Latch {
  public readonly opened: Promise<void>;
  public open: () => void = () => undefined;

  public constructor() {
    this.opened = new Promise((resolve) => (this.open = resolve));
  }
}
