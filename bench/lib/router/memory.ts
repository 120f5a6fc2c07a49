import { pause } from '../../../cli/lib/async';
import type { Session } from '../../../cli/lib/session';
import { Alertmanager } from '../../../cli/lib/try/alertmanager';
import { FakeDiscord } from '../../../fakes/discord';
import type { Figure } from '../figures';
import { loadOptions } from './accept';
import { benchAlerts } from './alerts';
import { loadFromOutside } from './outside';
import { benchConfig, withRig, type Rig, type Routing } from './rig';
import { withRouter, type Router } from './router';
import { tokensShown } from './told';

const IDLE_MS = 60_000;
const GROUPS = 200;
const PER_GROUP = 10;
/** About ten seconds of acceptance at full speed, and no more than a minute of it. */
const HOOKS = 100_000;
const HOOKS_SECONDS = 60;
const STORM_MS = 120_000;
const CHANNEL = 'general';
const SINK = 'sink';
const LABELS = { category: 'sink' };

/** Memory of the router as its image starts it: when nothing happens, and when very much does. */
export const measureMemory = (session: Session): Promise<Figure[]> =>
  withRig(session, undefined, async (rig) => {
    const discord = new FakeDiscord({ channels: [CHANNEL] });
    try {
      await discord.listen();
      const options = {
        config: benchConfig(routingTo(discord)),
        credentials: { [CHANNEL]: discord.webhookUrl(CHANNEL) },
      };
      return await withRouter(rig, options, (router) => fill(rig, router, discord));
    } finally {
      await discord.close();
    }
  });

const routingTo = (discord: FakeDiscord): Routing => ({
  destinations: {
    [CHANNEL]: { kind: 'discord', origins: [discord.origin] },
    [SINK]: { kind: 'discord', origins: [discord.origin] },
  },
  route: {
    destinations: [CHANNEL],
    routes: [{ matchers: [`category="${LABELS.category}"`], destinations: [SINK] }],
  },
});

async function fill(rig: Rig, router: Router, discord: FakeDiscord): Promise<Figure[]> {
  rig.output.note(`idle for ${IDLE_MS / 1000} s`);
  await pause(IDLE_MS, rig.signal);
  const idle = await router.memory();
  const { alerts, visible } = await storm(rig, router, discord);
  const { peak: stormPeak } = await router.memory();
  const { hooks } = await loadFromOutside(
    { ...loadOptions(rig, router.port, HOOKS_SECONDS), hooks: HOOKS, labels: LABELS },
    rig.signal,
  );
  const { resident, peak } = await router.memory();
  const mib = (bytes: number): Pick<Figure, 'value' | 'unit'> => ({
    value: bytes / 2 ** 20,
    unit: 'MiB',
  });
  return [
    { what: `idle for ${IDLE_MS / 1000} s`, ...mib(idle.resident), atMost: 90 },
    { what: 'the most since the start, before any alert', ...mib(idle.peak) },
    { what: `the most in a storm of ${alerts} alerts`, ...mib(stormPeak), atMost: 160 },
    { what: `the most with ${hooks} more hooks at full speed`, ...mib(peak), atMost: 160 },
    { what: 'right after', ...mib(resident) },
    { what: 'alerts of the storm that are not visible', value: alerts - visible, atMost: 0 },
  ];
}

async function storm(
  rig: Rig,
  router: Router,
  discord: FakeDiscord,
): Promise<{ alerts: number; visible: number }> {
  const seen = new Set<string>();
  discord.on('message', (message) => tokensShown(message).forEach((token) => seen.add(token)));
  const alertmanager = new Alertmanager((body) => router.post(body), rig.signal);
  const alerts = benchAlerts(GROUPS, PER_GROUP);
  const startsAt = new Date();
  for (const { labels, annotations } of alerts) {
    alertmanager.put({ group: `alertname="${labels.alertname}"`, labels, annotations, startsAt });
  }
  const deadline = Date.now() + STORM_MS;
  while (seen.size < alerts.length && Date.now() < deadline) await pause(200, rig.signal);
  return { alerts: alerts.length, visible: seen.size };
}
