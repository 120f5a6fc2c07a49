import type { KubeConfig, KubernetesObject } from '@kubernetes/client-node';
import { loadSettings, type Settings } from '../../constructs/settings';
import { synthesize } from '../../constructs/synth';
import { buildTopology } from '../../constructs/topology';
import { applyAll, summarize, type ApplyResult } from './apply';
import { contextKubeConfig, ensureKindCluster, kindKubeConfig, nodeAddresses } from './cluster';
import { CliError } from './errors';
import { buildMissing, loadMissing, publishCommands, removeOutdated, wantedImages } from './images';
import { KubeClient } from './kube-client';
import { waitForNodes } from './nodes';
import { formatSeconds, formatTable } from './output';
import { stateFolder } from './paths';
import { findMissingTools, nodeCidrProblems, refuse } from './preflight';
import { waitForRollout } from './rollout';
import type { Session } from './session';
import { acquireLock } from './state';
import { runSteps, type Step, type StepTime } from './steps';
import { proveTargets, type Verdict } from './targets';

export interface UpOptions {
  /** Context of an existing cluster. @default - the kind cluster of the settings, created when there is none */
  readonly context?: string;
  /** Seconds that rollout and proof may each take. */
  readonly timeout: number;
}

/** What is known so far; each step adds to it. */
interface UpState {
  readonly session: Session;
  readonly settings: Settings;
  readonly options: UpOptions;
  readonly notes: string[];
  objects: readonly KubernetesObject[];
  created: boolean;
  client?: KubeClient;
  applied?: ApplyResult;
  verdict?: Verdict;
  /** Milliseconds (performance.now) at the first apply. */
  applyStarted: number;
}

/** Brings Vigil up, or brings it to what the settings say now, and proves that it works. */
export async function up(session: Session, options: UpOptions): Promise<void> {
  const settings = loadSettings();
  const started = performance.now();
  const release = acquireLock(stateFolder(), options.context ?? settings.cluster.name);
  const state: UpState = {
    session,
    settings,
    options,
    notes: [],
    objects: [],
    created: false,
    applyStarted: 0,
  };
  try {
    const times = await runSteps(stepsOf(state), session.output);
    report(state, times, performance.now() - started);
  } finally {
    state.client?.close();
    release();
  }
}

function stepsOf(state: UpState): Step[][] {
  const { session, settings, options } = state;
  const { signal } = session;
  const images = wantedImages(settings);
  const onKind = options.context === undefined;
  const timeoutMs = options.timeout * 1000;
  const synth: Step = {
    title: 'Synthesise',
    run: async () => {
      const { objects, edited } = synthesize(settings);
      state.objects = objects;
      if (edited.length > 0) state.notes.push(editedNote(edited));
      return Promise.resolve(`${objects.length} objects`);
    },
  };
  const kindOnly: Step[][] = [
    [{ title: 'Preflight', run: async () => refuse(await findMissingTools(signal)) }],
    [
      { title: 'Cluster', run: (report) => kindCluster(state, report) },
      { title: 'Build images', run: (report) => buildMissing(images, { signal, report }) },
      synth,
    ],
    [
      {
        title: 'Load images',
        run: (report) => loadMissing(images, settings.cluster.name, { signal, report }),
      },
    ],
  ];
  return [
    ...(onKind ? kindOnly : [[synth]]),
    [{ title: 'Connect', run: (report) => connectTo(state, report) }],
    [{ title: 'Apply', run: (report) => apply(state, report) }],
    [
      {
        title: 'Roll out',
        run: (report) => rollOut(state, timeoutMs, report),
      },
    ],
    [{ title: 'Prove', run: (report) => prove(state, timeoutMs, report) }],
    ...(onKind ? [[{ title: 'Tidy up', run: () => tidyUp(state) }]] : []),
  ];
}

const editedNote = (files: readonly string[]): string =>
  `dist/ had been edited by hand and was made anew; your version of ${files.join(', ')} is in build/edited/`;

async function kindCluster(state: UpState, report: (line: string) => void): Promise<string> {
  const { signal } = state.session;
  const note = (line: string): number => state.notes.push(line);
  state.created = await ensureKindCluster(state.settings, { signal, report, note });
  return `${state.settings.cluster.name} ${state.created ? 'created' : 'exists'}`;
}

async function connectTo(state: UpState, report: (line: string) => void): Promise<string> {
  const { session, settings, options } = state;
  const config: KubeConfig =
    options.context === undefined
      ? await kindKubeConfig(settings.cluster.name, session.signal)
      : contextKubeConfig(options.context);
  state.client = new KubeClient(config, session.signal);
  const addresses = await nodeAddresses(state.client);
  refuse(nodeCidrProblems(addresses, settings.cluster.nodeCidrs));
  if (state.created) {
    const { nodes: count } = settings.cluster;
    await waitForNodes(state.client, { count, signal: session.signal, report });
  }
  return `${Object.keys(addresses).length} nodes`;
}

async function apply(state: UpState, report: (line: string) => void): Promise<string> {
  state.applyStarted = performance.now();
  const options = { signal: state.session.signal, report };
  state.applied = await applyAll(clientOf(state), state.objects, options);
  return summarize(state.applied);
}

async function rollOut(
  state: UpState,
  timeoutMs: number,
  report: (line: string) => void,
): Promise<string> {
  const waiting = { signal: state.session.signal, timeoutMs, report };
  try {
    return `${await waitForRollout(clientOf(state), state.objects, waiting)} workloads ready`;
  } catch (error) {
    throw withImageHelp(error, state);
  }
}

/** A cluster that Vigil did not make gets our images from whoever runs it. */
function withImageHelp(error: unknown, { options, settings }: UpState): unknown {
  const isPull = error instanceof CliError && /ImagePull|ErrImage/.test(error.message);
  if (options.context === undefined || !isPull) return error;
  const commands = publishCommands(wantedImages(settings)).map((command) => `  ${command}`);
  const advice =
    'our own images must be where the nodes find them (and in `images` of vigil.config.ts):';
  return new CliError([error.message, advice, ...commands].join('\n'));
}

async function prove(
  state: UpState,
  timeoutMs: number,
  report: (line: string) => void,
): Promise<string> {
  const expected = buildTopology(state.settings).scrapeJobs;
  const options = { signal: state.session.signal, timeoutMs, report };
  state.verdict = await proveTargets(clientOf(state), expected, options);
  const elapsed = formatSeconds(performance.now() - state.applyStarted);
  return `${totalOf(state.verdict)} targets up over TLS, ${elapsed} after the first apply`;
}

async function tidyUp({ settings, session }: UpState): Promise<void> {
  await removeOutdated(wantedImages(settings), settings.cluster.name, session.signal);
}

function clientOf({ client }: UpState): KubeClient {
  if (!client) throw new Error('a step needs the cluster before it is connected');
  return client;
}

const totalOf = ({ jobs }: Verdict): number => jobs.reduce((sum, { up }) => sum + up, 0);

function report(state: UpState, steps: readonly StepTime[], elapsedMs: number): void {
  const { output } = state.session;
  const context = state.options.context ?? `kind-${state.settings.cluster.name}`;
  const flag = state.options.context === undefined ? '' : ` --context ${state.options.context}`;
  const { notes: ofApply, ...objects } = state.applied ?? { notes: [] };
  const notes = [...state.notes, ...ofApply];
  const next = formatTable([
    [`npx vigil open grafana${flag}`, 'dashboards (also: prometheus, alertmanager, alert-router)'],
    [`npx vigil alerts${flag}`, 'where alerts go; `alerts connect` gives a channel its webhook'],
    [`npx vigil status${flag}`, 'nodes, components, targets, certificates, alerts on one screen'],
    [`npx vigil access${flag}`, 'certificate and key for curl and browsers'],
    [`npx vigil down${flag}`, 'remove it'],
  ]);
  const text = [
    ...notes.map((note) => `note: ${note}`),
    `${output.style('green', 'Vigil is up')} in ${formatSeconds(elapsedMs)} (context ${context}).`,
    ...next.map((line) => `  ${line}`),
  ];
  output.result(text.join('\n'), {
    ok: true,
    context,
    seconds: Math.round(elapsedMs / 100) / 10,
    clusterCreated: state.created,
    objects,
    jobs: state.verdict?.jobs ?? [],
    steps,
    notes,
  });
}
