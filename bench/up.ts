import { join } from 'node:path';
import { findKindCluster, kindKubeConfig } from '../cli/lib/cluster';
import { engine } from '../cli/lib/docker';
import { CliError, UsageError } from '../cli/lib/errors';
import { CommandError, run } from '../cli/lib/exec';
import { wantedImages } from '../cli/lib/images';
import { KubeClient } from '../cli/lib/kube-client';
import { ROOT } from '../cli/lib/paths';
import type { Session } from '../cli/lib/session';
import type { StepTime } from '../cli/lib/steps';
import { loadSettings, type Settings } from '../constructs/settings';
import { buildTopology } from '../constructs/topology';
import { bench } from './lib/bench';
import { readOptions, restartsByPod } from './lib/cluster';
import { median, timed, type Figure } from './lib/figures';
import { untilWhole } from './lib/whole';

/** What `vigil up --json` prints, as far as this bench reads it. */
interface UpReport {
  readonly seconds: number;
  readonly clusterCreated: boolean;
  readonly objects: {
    readonly created: number;
    readonly changed: number;
    readonly pruned: number;
    readonly changedNames: readonly string[];
  };
  readonly jobs: readonly { readonly job: string; readonly up: number; readonly total: number }[];
  readonly steps: readonly StepTime[];
}

/** One time that the cluster was made. */
interface Round {
  readonly report: UpReport;
  /** Seconds that `down` took before; undefined when there was nothing to take down. */
  readonly down?: number;
  /** Seconds after `up` until logs of every kind and every dashboard were there. */
  readonly whole: number;
}

/** The steps from the first apply to the proof. */
const AFTER_CLUSTER = ['Apply', 'Roll out', 'Prove'];

/**
 * `up` from no cluster and without our images, several times with a `down` between them, and once more with nothing
 * changed. Works on a cluster of its own (bench/lib/vigil.config.ts) and deletes it, unless told to keep the last one
 * for the other benches.
 */
async function measure({ output, signal }: Session): Promise<Figure[]> {
  const { runs: text, keep } = readOptions({
    runs: { type: 'string', default: '3' },
    keep: { type: 'boolean', default: false },
  });
  const runs = Number(text);
  if (!(runs >= 1 && runs <= 5)) throw new UsageError('--runs: allowed are 1 to 5');
  const settings = loadSettings();
  await refuseOtherClusters(settings, signal);
  const rounds: Round[] = [];
  let ours = true;
  try {
    for (let round = 1; round <= runs; round++) {
      const down = round > 1 ? await timed(() => vigil(['down', '--yes'], signal)) : undefined;
      await removeOurImages(settings, signal);
      const since = Date.now();
      const report = JSON.parse(await vigil(['up'], signal)) as UpReport;
      ours = report.clusterCreated;
      if (!ours) throw new CliError('somebody else made the cluster meanwhile; it is left alone');
      const whole = await timed(() => waitUntilWhole(settings, since, signal));
      rounds.push({ report, down: down?.seconds, whole: whole.seconds });
      output.note(`up ${round} of ${runs}: ${describe(report)}`);
    }
    return [...firstFigures(rounds), ...(await again({ output, signal }, settings))];
  } finally {
    // Not with the bench's signal: what was made is taken away after an interruption, too.
    if (ours && !keep) await vigil(['down', '--yes'], new AbortController().signal);
  }
}

async function waitUntilWhole(
  settings: Settings,
  since: number,
  signal: AbortSignal,
): Promise<void> {
  const client = new KubeClient(await kindKubeConfig(settings.cluster.name, signal), signal);
  try {
    await untilWhole({ client, settings, topology: buildTopology(settings), signal }, since);
  } finally {
    client.close();
  }
}

function firstFigures(rounds: readonly Round[]): Figure[] {
  const reports = rounds.map(({ report }) => report);
  const afterCluster = reports.map(({ steps }) =>
    steps
      .filter(({ step }) => AFTER_CLUSTER.includes(step))
      .reduce((sum, { seconds }) => sum + seconds, 0),
  );
  const steps = reports[0]?.steps.map(({ step }) => step) ?? [];
  const phases = steps.map((step): Figure => {
    const each = reports.map(
      (report) => report.steps.find((one) => one.step === step)?.seconds ?? 0,
    );
    return { what: `  ${step}`, value: median(each), unit: 's', digits: 1 };
  });
  const { length } = reports;
  return [
    {
      what: `up from no cluster, median of ${length}`,
      value: median(reports.map(({ seconds }) => seconds)),
      unit: 's',
      digits: 1,
      atMost: 120,
    },
    ...phases,
    {
      what: 'first apply to every target up',
      value: median(afterCluster),
      unit: 's',
      digits: 1,
      atMost: 45,
    },
    { what: 'targets that are not up', value: Math.max(...reports.map(notUp)), atMost: 0 },
    ...rebuiltFigures(rounds),
  ];
}

/** What someone waits who takes everything down and wants it back. */
function rebuiltFigures(rounds: readonly Round[]): Figure[] {
  const rebuilt = rounds.flatMap(({ report, down, whole }) =>
    down === undefined ? [] : [down + report.seconds + whole],
  );
  const s = { unit: 's', digits: 1 } as const;
  return [
    {
      what: 'then logs of every kind and every dashboard there, median',
      value: median(rounds.map(({ whole }) => whole)),
      ...s,
    },
    // A single run takes nothing down.
    ...(rebuilt.length === 0
      ? []
      : [{ what: 'down, up and all of it there', value: median(rebuilt), ...s, atMost: 180 }]),
  ];
}

const notUp = ({ jobs }: UpReport): number =>
  jobs.reduce((sum, { up, total }) => sum + total - up, 0);

function describe({ seconds, steps }: UpReport): string {
  const parts = steps.map((each) => `${each.step} ${each.seconds} s`);
  return `${seconds} s (${parts.join(', ')})`;
}

/** `up` again, with nothing changed. */
async function again({ output, signal }: Session, settings: Settings): Promise<Figure[]> {
  const client = new KubeClient(await kindKubeConfig(settings.cluster.name, signal), signal);
  try {
    const before = await restartsByPod(client);
    const report = JSON.parse(await vigil(['up'], signal)) as UpReport;
    output.note(`up again: ${describe(report)}`);
    const after = await restartsByPod(client);
    const restarted = [...after].filter(([pod, count]) => before.get(pod) !== count);
    const { created, changed, pruned, changedNames } = report.objects;
    for (const name of changedNames) output.note(`changed: ${name}`);
    return [
      { what: 'up again', value: report.seconds, unit: 's', digits: 1, atMost: 15 },
      { what: '  objects changed', value: created + changed + pruned, atMost: 0 },
      { what: '  pods replaced or restarted', value: restarted.length, atMost: 0 },
    ];
  } finally {
    client.close();
  }
}

/** Another cluster on the same machine would be measured, too; and one of this name is not ours to delete. */
async function refuseOtherClusters({ cluster }: Settings, signal: AbortSignal): Promise<void> {
  const names = (await run('kind', ['get', 'clusters'], { signal })).split('\n').filter(Boolean);
  const { state } = await findKindCluster(cluster.name, signal);
  if (names.length > 0 || state !== 'absent') {
    throw new CliError(`a kind cluster is there already (${names.join(', ')}); delete it first`);
  }
}

/** So that building them is part of what is measured. */
async function removeOurImages(settings: Settings, signal: AbortSignal): Promise<void> {
  for (const { image } of wantedImages(settings)) {
    try {
      await run(engine(), ['image', 'rm', image], { signal });
    } catch (error) {
      // It was not there.
      if (!(error instanceof CommandError)) throw error;
    }
  }
}

/** The real program, as a user starts it. */
const vigil = (args: string[], signal: AbortSignal): Promise<string> =>
  run(process.execPath, [join(ROOT, 'cli', 'bin.cjs'), ...args, '--json'], { signal });

process.env.VIGIL_CONFIG ??= join(__dirname, 'lib', 'vigil.config.ts');
void bench({ title: 'From no cluster to every target up', minutes: 25, measure });
