import { poll, pause } from '../../../cli/lib/async';
import type { Session } from '../../../cli/lib/session';
import { Alertmanager } from '../../../cli/lib/try/alertmanager';
import { defaultChannels } from '../../../constructs/settings';
import type { RouterStatus } from '../../../services/alert-router/src/status/status';
import type { Figure } from '../figures';
import { benchAlert, type BenchAlert } from './alerts';
import { Audit, type Verdict, type Window } from './audit';
import { destinationsOf, FarEnds, FAULTY_SHARE, LATENCY_MS } from './far-ends';
import { benchConfig, withRig, type Rig } from './rig';
import { withRouter, type Router } from './router';

const KILL_EVERY_MS = 5_000;
/** Between the end of a router and the start of the next. */
const RESTART_MS = 600;
/** Allowed to a router for reading an answer and writing down what it says, on a busy machine; less than `RESTART_MS`. */
const SETTLE_MS = 250;
const EVENTS_PER_SECOND = 20;
const GROUPS = 60;
/** How many alerts fire at a time. */
const FIRING = 100;
const DRAIN_MS = 180_000;

/**
 * The router is killed again and again while alerts begin and end, and while Discord and the mail server fail; then
 * everything heals, and what was accepted is compared with what arrived.
 *
 * @param seconds how long it is killed.
 */
export const measureKills = (session: Session, seconds: number): Promise<Figure[]> =>
  withRig(session, undefined, async (rig) => {
    const audit = new Audit();
    const ends = new FarEnds(audit);
    try {
      await ends.listen();
      const options = { config: benchConfig(ends.routing()), credentials: ends.credentials() };
      return await withRouter(rig, options, (router) =>
        suffer({ rig, router, ends, audit }, seconds),
      );
    } finally {
      await ends.close();
    }
  });

interface Scene {
  readonly rig: Rig;
  readonly router: Router;
  readonly ends: FarEnds;
  readonly audit: Audit;
}

async function suffer(scene: Scene, seconds: number): Promise<Figure[]> {
  const { rig, router, ends, audit } = scene;
  const alertmanager = new Alertmanager((body) => router.post(body), rig.signal);
  let refused = 0;
  alertmanager.on('refused', () => (refused += 1));
  alertmanager.on('accepted', (alerts) => {
    for (const { labels, endsAt } of alerts) {
      audit.accept(labels.instance ?? '', endsAt ? 'resolved' : 'firing', destinationsOf(labels));
    }
  });
  ends.breakDown();
  const until = Date.now() + seconds * 1000;
  const [windows] = await Promise.all([
    killUntil(until, scene),
    alertUntil(until, alertmanager, rig.signal),
  ]);
  ends.heal();
  const start = performance.now();
  const status = await drained(scene, alertmanager);
  const drainSeconds = (performance.now() - start) / 1000;
  const verdict = audit.verdict(windows);
  for (const key of verdict.lost) rig.output.note(`lost: ${key}`);
  return [
    { what: `kills in ${seconds} s`, value: windows.length },
    {
      what: `Discord calls, ${FAULTY_SHARE * 100} % of them meet a fault`,
      value: ends.discord.calls.length,
    },
    { what: 'drained after the faults', value: drainSeconds, unit: 's', atMost: DRAIN_MS / 1000 },
    { what: 'bodies refused for good', value: refused, atMost: 0 },
    ...bookFigures(status, verdict),
    ...toldFigures(verdict),
  ];
}

/** @returns the time around each kill in which a call was under way that the killed router knew nothing of. */
async function killUntil(until: number, { rig, router }: Scene): Promise<Window[]> {
  const windows: Window[] = [];
  for (let next = Date.now() + KILL_EVERY_MS; next <= until; next += KILL_EVERY_MS) {
    await pause(Math.max(0, next - Date.now()), rig.signal);
    const from = Date.now() - SETTLE_MS;
    await router.kill();
    windows.push({ from, to: Date.now() + LATENCY_MS + SETTLE_MS });
    await pause(RESTART_MS, rig.signal);
    await router.start();
    rig.output.note(`kill ${windows.length}`);
  }
  return windows;
}

/** Alerts begin and, a while later, end: as many events a second as there are to be. */
async function alertUntil(
  until: number,
  alertmanager: Alertmanager,
  signal: AbortSignal,
): Promise<void> {
  const firing: { alert: BenchAlert; startsAt: Date }[] = [];
  const begin = Date.now();
  for (let event = 0, begun = 0; Date.now() < until; event++) {
    const next = firing.length < FIRING || event % 2 === 0 ? undefined : firing.shift();
    const startsAt = next?.startsAt ?? new Date();
    const alert = next?.alert ?? alertNumber(begun++);
    if (!next) firing.push({ alert, startsAt });
    const { labels, annotations } = alert;
    const group = `alertname="${labels.alertname}"`;
    alertmanager.put({ group, labels, annotations, startsAt, ...(next && { endsAt: new Date() }) });
    const due = begin + ((event + 1) * 1000) / EVENTS_PER_SECOND;
    await pause(Math.max(0, due - Date.now()), signal);
  }
}

function alertNumber(index: number): BenchAlert {
  const group = index % GROUPS;
  return benchAlert(group, Math.floor(index / GROUPS), {
    category: defaultChannels[group % defaultChannels.length] ?? '',
  });
}

/** Until Alertmanager and the router have nothing left to do, or had their time. */
async function drained({ rig, router }: Scene, alertmanager: Alertmanager): Promise<RouterStatus> {
  const options = { signal: rig.signal, intervalMs: 500, timeoutMs: DRAIN_MS };
  const done = await poll(async () => {
    const status = await router.status();
    return status.totals.pending === 0 && alertmanager.unaccepted === 0 ? status : undefined;
  }, options);
  return done ?? router.status();
}

function bookFigures({ totals }: RouterStatus, { accepted }: Verdict): Figure[] {
  const { delivered, coalesced, dead, expired, pending } = totals;
  const accounted = delivered + coalesced + dead + expired + pending;
  return [
    { what: 'accepted: began or ended, once for each destination', value: accepted },
    { what: 'delivered, as the router counts', value: delivered },
    { what: 'coalesced', value: coalesced },
    { what: 'dead or expired', value: dead + expired, atMost: 0 },
    { what: 'pending at the end', value: pending, atMost: 0 },
    {
      what: 'accepted by the router, but in none of these',
      value: Math.abs(totals.accepted - accounted),
      atMost: 0,
    },
    {
      what: 'difference to what was answered 200',
      value: Math.abs(totals.accepted - accepted),
      atMost: 0,
    },
  ];
}

function toldFigures({ lost, disordered, retold, inFlight, unanswered }: Verdict): Figure[] {
  return [
    { what: 'accepted, and never received: lost', value: lost.length, atMost: 0 },
    { what: 'ends told before the beginning', value: disordered, atMost: 0 },
    {
      what: 'messages told again after a kill; bound: calls in flight at kills',
      value: retold.killed,
      atMost: inFlight,
    },
    {
      what: 'messages told again after a reset; bound: kept, then reset',
      value: retold.unanswered,
      atMost: unanswered,
    },
    { what: 'messages told again without such a reason', value: retold.needless, atMost: 0 },
  ];
}
