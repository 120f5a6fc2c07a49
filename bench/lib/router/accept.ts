import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ROUTER_DOOR } from '../../../cli/lib/router-api';
import type { Session } from '../../../cli/lib/session';
import { median, type Figure } from '../figures';
import { measureDisk, type DiskRate } from './disk';
import type { LoadOptions, LoadResult } from './load';
import { loadFromOutside } from './outside';
import { benchConfig, withRig, type Rig, type Routing } from './rig';
import { withRouter } from './router';

export interface AcceptOptions {
  /** Where the database is; the disk that is measured. @default - the system's temporary folder */
  readonly directory?: string;
  /** Gets a CPU profile of the router for each run. @default - none is taken */
  readonly profile?: string;
}

const RUNS = 3;
const CONNECTIONS = 16;
const SECONDS = 10;
const DISK_SECONDS = 2;
/** Below the number of pending deliveries at which the router refuses more. */
const HOOKS_MAX = 190_000;

/** The one destination of a bench that only accepts: it has no credential, so that nothing is delivered. */
const SINK = 'sink';

export const SINK_ROUTING: Routing = {
  destinations: { [SINK]: { kind: 'discord', origins: ['https://discord.com'] } },
  route: { destinations: [SINK], routes: [] },
};

interface Run {
  readonly load: LoadResult;
  readonly disk: DiskRate;
  /** Hooks that were answered 200, but of which the store knows nothing. */
  readonly missing: number;
  /** Bytes. */
  readonly peak: number;
  readonly cpuSeconds: number;
}

/** Hooks that are accepted for good, in each second, and how long each takes. */
export const measureAccept = (session: Session, options: AcceptOptions): Promise<Figure[]> =>
  withRig(session, options.directory, async (rig) => {
    const runs: Run[] = [];
    for (let round = 1; round <= RUNS; round++) {
      const run = await acceptOnce(rig, `run-${round}`, options.profile);
      const { hooks, seconds, p99 } = run.load;
      const rate = (hooks / seconds).toFixed(0);
      const disk = run.disk.perSecond.toFixed(0);
      session.output.note(
        `run ${round} of ${RUNS}: ${rate} hooks/s, p99 ${p99.toFixed(1)} ms; disk ${disk}/s`,
      );
      runs.push(run);
    }
    return figuresOf(runs);
  });

async function acceptOnce(rig: Rig, name: string, profile: string | undefined): Promise<Run> {
  const nodeFlags = profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(profile, name)}`] : [];
  if (profile) await mkdir(resolve(profile, name), { recursive: true });
  const options = { config: benchConfig(SINK_ROUTING), credentials: {}, name, nodeFlags };
  return withRouter(rig, options, async (router) => {
    const disk = measureDisk(router.data, DISK_SECONDS);
    const before = await router.cpuSeconds();
    const load = await loadFromOutside(loadOptions(rig, router.port, SECONDS), rig.signal);
    const cpuSeconds = (await router.cpuSeconds()) - before;
    const { totals } = await router.status();
    const { peak } = await router.memory();
    return { load, disk, missing: load.hooks - load.refused - totals.accepted, peak, cpuSeconds };
  });
}

/** The usual load, for so many seconds. */
export const loadOptions = (rig: Rig, port: number, seconds: number): LoadOptions => ({
  port,
  serverName: ROUTER_DOOR.serverName,
  material: rig.certificates.alertmanager,
  connections: CONNECTIONS,
  seconds,
  hooks: HOOKS_MAX,
  labels: {},
});

function figuresOf(runs: readonly Run[]): Figure[] {
  const middle = (value: (run: Run) => number): number => median(runs.map(value));
  const worst = (value: (run: Run) => number): number => Math.max(...runs.map(value));
  const ms = { unit: 'ms', digits: 1 };
  return [
    {
      what: `hooks accepted for good, ${CONNECTIONS} connections, median of ${RUNS}`,
      value: middle(({ load }) => load.hooks / load.seconds),
      unit: 'hooks/s',
      atLeast: 8000,
    },
    { what: 'p99, median of the runs', value: middle(({ load }) => load.p99), ...ms, atMost: 20 },
    { what: 'p50, median of the runs', value: middle(({ load }) => load.p50), ...ms },
    { what: 'the slowest of all', value: worst(({ load }) => load.max), ...ms },
    { what: 'answers other than 200', value: worst(({ load }) => load.refused), atMost: 0 },
    { what: 'answered 200, but not stored', value: worst(({ missing }) => missing), atMost: 0 },
    {
      what: 'the disk by itself: 4 KiB and fdatasync, median',
      value: middle(({ disk }) => disk.perSecond),
      unit: '/s',
    },
    {
      what: 'the disk by itself: p50',
      value: middle(({ disk }) => disk.p50),
      unit: 'ms',
      digits: 2,
    },
    {
      what: 'the disk by itself: p99',
      value: middle(({ disk }) => disk.p99),
      unit: 'ms',
      digits: 2,
    },
    {
      what: 'CPU time of the router for each hook, median',
      value: middle(({ cpuSeconds, load }) => (cpuSeconds / load.hooks) * 1e6),
      unit: 'us',
    },
    { what: 'memory at its peak', value: worst(({ peak }) => peak / 2 ** 20), unit: 'MiB' },
  ];
}
