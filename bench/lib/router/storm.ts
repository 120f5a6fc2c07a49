import { pause } from '../../../cli/lib/async';
import type { Session } from '../../../cli/lib/session';
import { FakeDiscord } from '../../../fakes/discord';
import type { Figure } from '../figures';
import { GROUPING, RealAlertmanager } from './alertmanager';
import { benchAlerts } from './alerts';
import { benchConfig, withRig, type Rig } from './rig';
import { withRouter } from './router';
import { tokensShown } from './told';

export interface Storm {
  readonly groups: number;
  readonly perGroup: number;
  /** From the post to Alertmanager until the last alert is visible. */
  readonly seconds: number;
  /** Whether Alertmanager's own receiver runs beside it. */
  readonly beside: boolean;
}

const CHANNEL = 'general';
/** How long Alertmanager's own receiver is watched, and how much longer than its bound the router is. */
const WATCH_SECONDS = 120;

/** How it is grouped, for the title. */
export const GROUPED = `grouped by alertname, group_wait ${GROUPING.group_wait}, group_interval ${GROUPING.group_interval}`;

/** What a channel shows of the storm, and when that came. */
class Watch {
  private readonly seen = new Set<string>();
  /** Milliseconds of the monotonic clock. */
  private lastAt = 0;

  public constructor(public readonly discord: FakeDiscord) {
    discord.on('message', (message) => {
      const before = this.seen.size;
      for (const token of tokensShown(message)) this.seen.add(token);
      if (this.seen.size > before) this.lastAt = performance.now();
    });
  }

  public get visible(): number {
    return this.seen.size;
  }

  public secondsSince(start: number): number {
    return Math.max(0, this.lastAt - start) / 1000;
  }
}

/**
 * Alerts begin all at once: real Alertmanager, the router, and a Discord with Discord's limits; all in one channel,
 * which is the hardest case.
 */
export const measureStorm = (session: Session, storm: Storm): Promise<Figure[]> =>
  withRig(session, undefined, async (rig) => {
    const ours = new Watch(new FakeDiscord({ channels: [CHANNEL] }));
    const theirs = new Watch(new FakeDiscord({ channels: [CHANNEL] }));
    try {
      await ours.discord.listen();
      await theirs.discord.listen();
      return await blow(rig, storm, ours, theirs);
    } finally {
      await ours.discord.close();
      await theirs.discord.close();
    }
  });

function blow(rig: Rig, storm: Storm, ours: Watch, theirs: Watch): Promise<Figure[]> {
  const config = benchConfig({
    destinations: { [CHANNEL]: { kind: 'discord', origins: [ours.discord.origin] } },
    route: { destinations: [CHANNEL], routes: [] },
  });
  const credentials = { [CHANNEL]: ours.discord.webhookUrl(CHANNEL) };
  return withRouter(rig, { config, credentials }, async (router) => {
    const receivers = {
      router: router.port,
      ...(storm.beside && { discord: theirs.discord.webhookUrl(CHANNEL) }),
    };
    const alertmanager = await RealAlertmanager.start(rig, receivers);
    try {
      const alerts = benchAlerts(storm.groups, storm.perGroup);
      const start = performance.now();
      await alertmanager.post(alerts, rig.signal);
      await watch(rig, storm, ours);
      const left = WATCH_SECONDS * 1000 - (performance.now() - start);
      if (storm.beside) await pause(Math.max(0, left), rig.signal);
      const { peak } = await router.memory();
      return [
        ...routerFigures(storm, ours, start),
        { what: 'memory of the router at its peak', value: peak / 2 ** 20, unit: 'MiB' },
        ...(storm.beside ? besideFigures(storm, theirs, start) : []),
      ];
    } finally {
      await alertmanager.stop();
    }
  });
}

/** Until all are visible, or it is of no use to wait any longer. */
async function watch(rig: Rig, { groups, perGroup, seconds }: Storm, ours: Watch): Promise<void> {
  const deadline = performance.now() + (seconds + WATCH_SECONDS) * 1000;
  while (ours.visible < groups * perGroup && performance.now() < deadline) {
    await pause(100, rig.signal);
  }
  rig.output.note(`${ours.visible} alerts visible in ${ours.discord.messages.length} messages`);
}

function routerFigures(storm: Storm, watched: Watch, start: number): Figure[] {
  const all = storm.groups * storm.perGroup;
  const { discord } = watched;
  return [
    { what: `of ${all} alerts, not visible`, value: all - watched.visible, atMost: 0 },
    {
      what: 'post to Alertmanager, until the last is visible',
      value: watched.secondsSince(start),
      unit: 's',
      digits: 1,
      atMost: storm.seconds,
    },
    { what: 'answers 429', value: discord.rateLimitedCalls, atMost: 0 },
    { what: 'messages', value: discord.messages.length },
  ];
}

function besideFigures(storm: Storm, watched: Watch, start: number): Figure[] {
  const all = storm.groups * storm.perGroup;
  const { discord } = watched;
  const own = "Alertmanager's own receiver beside it";
  return [
    { what: `${own}: visible of ${all} after ${WATCH_SECONDS} s`, value: watched.visible },
    { what: `${own}: the last of them`, value: watched.secondsSince(start), unit: 's', digits: 1 },
    { what: `${own}: answers 429`, value: discord.rateLimitedCalls },
  ];
}
