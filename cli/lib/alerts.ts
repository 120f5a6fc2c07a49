import { loadSettings } from '../../constructs/settings';
import type { TestRequest } from '../../services/alert-router/src/status/api';
import type { DeliveryStatus } from '../../services/alert-router/src/status/status';
import { counted, problemsOf } from '../../services/alert-router/src/status/words';
import { oneLine, renderAlerts } from './alerts-text';
import { pause } from './async';
import { withClient } from './cluster';
import { Door } from './door';
import { AlreadyReported, CliError } from './errors';
import { ROUTER_DOOR, RouterApi } from './router-api';
import type { Session } from './session';

/** How long a test message is waited for, in milliseconds, and how often it is looked for. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 500;

/** Prints what the alert-router is doing; exit code 1 when something is not well. */
export async function showAlerts(session: Session, api: RouterApi): Promise<void> {
  const status = await api.status();
  const problems = problemsOf(status);
  session.output.result(renderAlerts(status, session.output), {
    ok: problems.length === 0,
    problems,
    ...status,
  });
  if (problems.length > 0) throw new AlreadyReported('something is not well');
}

/**
 * Sends a test message and waits for what becomes of it.
 *
 * @param patienceMs how long
 * @throws AlreadyReported unless every destination took it
 */
export async function testAlerts(
  session: Session,
  api: RouterApi,
  request: TestRequest,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const { output, signal } = session;
  const ids = await api.test(request);
  output.note(`Accepted for ${counted(ids.length, 'destination')}; waiting.`);
  const deadline = Date.now() + patienceMs;
  let results = await Promise.all(ids.map((id) => api.delivery(id)));
  while (results.some(mayStillArrive) && Date.now() < deadline) {
    await pause(LOOK_MS, signal);
    results = await Promise.all(ids.map((id) => api.delivery(id)));
  }
  const ok = results.every((one) => one?.state === 'delivered');
  const lines = results.map((one, index) => resultLine(ids[index] ?? 0, one, patienceMs));
  output.result(lines.join('\n'), { ok, deliveries: results });
  if (!ok) throw new AlreadyReported('not delivered');
}

/**
 * Makes dead letters pending again.
 *
 * @throws CliError when none of these is a dead letter, or their destination is no longer configured
 */
export async function retryAlerts(
  { output }: Session,
  api: RouterApi,
  which: readonly number[] | 'all',
): Promise<void> {
  const result = await api.retry(which);
  const { destinations, outdated, unknown } = result;
  const gone = unknown.map((name) => `${name} is no longer configured; its dead letters stay`);
  if (which !== 'all' && destinations.length === 0 && outdated === 0) {
    const none = `no dead letter is ${which.join(' or ')}; see \`npx vigil alerts\``;
    throw new CliError(gone.length > 0 ? gone.join('; ') : none);
  }
  const parked = destinations.length === 0 ? [] : await parkedOf(api, destinations);
  const sentences = [
    ...(destinations.length > 0
      ? [`Dead letters are sent again to ${destinations.join(', ')}`]
      : []),
    ...parked.map((name) => `${name} is parked: they wait there until it can be called`),
    ...(outdated > 0 ? [outdatedText(outdated)] : []),
    ...gone,
    ...(destinations.length + outdated + gone.length === 0 ? ['There is no dead letter'] : []),
    ...(which === 'all' ? ['Destinations that refused every call are called again'] : []),
  ];
  const text = sentences.map((sentence) => `${sentence}.`).join(' ');
  output.result(text, { ok: true, ...result, parked });
}

/** It ended or began anew while nobody was told. */
const outdatedText = (count: number): string =>
  count === 1
    ? '1 was outdated: its alert is over or began anew'
    : `${count} were outdated: their alerts are over or began anew`;

async function parkedOf(api: RouterApi, names: readonly string[]): Promise<string[]> {
  const { destinations } = await api.status();
  const parked = destinations.filter(({ state }) => state === 'parked').map(({ name }) => name);
  return parked.filter((name) => names.includes(name));
}

/** Opens the way to the alert-router for some work. */
export async function withRouter(
  session: Session,
  context: string | undefined,
  work: (api: RouterApi) => Promise<void>,
): Promise<void> {
  await withClient(session, loadSettings(), context, async (client) => {
    const api = new RouterApi(await Door.open(client, ROUTER_DOOR, session.signal));
    try {
      await work(api);
    } finally {
      api.close();
    }
  });
}

/** What is parked or refuses every call is not waited for. */
const mayStillArrive = (one: DeliveryStatus | undefined): boolean =>
  one?.state === 'pending' && !['parked', 'unhealthy'].includes(one.destinationState);

function resultLine(id: number, one: DeliveryStatus | undefined, patienceMs: number): string {
  if (!one) return `delivery ${id}: the router has forgotten it`;
  const { destination, state, destinationState, attempts, reason } = one;
  if (state === 'delivered') return `${destination}: delivered`;
  const why = reason === undefined ? '' : `: ${oneLine(reason)}`;
  if (state !== 'pending') return `${destination}: not delivered (${state})${why}`;
  if (!mayStillArrive(one)) return `${destination}: not delivered, it is ${destinationState}${why}`;
  const seconds = Math.round(patienceMs / 1000);
  return `${destination}: not delivered within ${seconds} s (${counted(attempts, 'failed attempt')})${why}; the router goes on trying`;
}
