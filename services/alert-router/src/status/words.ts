import type { DestinationStatus, RouterStatus } from './status';

/** How long a damaged database is news: it stays for whoever wants to look into it. */
const DAMAGE_NEWS_MS = 86_400_000;

/** `12 s`, `3 min`, `2 h 5 min`, `4 d 3 h`; below zero, which a jump of the clock makes, counts as zero. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `12 s ago`, or `never`. */
export const ago = (at: number | undefined, now: number): string =>
  at === undefined ? 'never' : `${duration(now - at)} ago`;

/** State of a destination, with its reason and how long it lasts where that is known. */
export function stateOf(destination: DestinationStatus, now: number): string {
  const { state, reason, untilMs } = destination;
  const left = untilMs === undefined ? '' : ` for ${duration(untilMs - now)}`;
  return `${state}${left}${reason === undefined ? '' : `: ${reason}`}`;
}

/** What a person should know first, one line each; none when all is well. A parked destination is no problem. */
export function problemsOf(status: RouterStatus): string[] {
  const { destinations, heartbeat, orphans, reconciler, store } = status;
  const letters = destinations
    .filter(({ state }) => state !== 'parked')
    .reduce((sum, { dead }) => sum + dead, 0);
  const unhealthy = destinations.filter(({ state }) => state === 'unhealthy');
  return [
    ...unhealthy.map(({ name, reason = 'it refuses every call' }) => `${name}: ${reason}`),
    ...(letters > 0 ? [`${counted(letters, 'dead letter')}: alerts nobody was told of`] : []),
    ...orphans.map(
      ({ destination, letters }) =>
        `${counted(letters, 'alert')} waited for ${destination}, which is no longer configured`,
    ),
    ...(heartbeat.silent ? ['no heartbeat: alerts are no longer arriving'] : []),
    ...(store.writable ? [] : ['the database takes no writes; Alertmanager keeps what is new']),
    ...damage(status),
    ...(reconciler.lastError === undefined
      ? []
      : [`no comparison with Alertmanager: ${reconciler.lastError}`]),
  ];
}

function damage({ now, store: { lastCorruptAt: at } }: RouterStatus): string[] {
  if (at === undefined || now - at > DAMAGE_NEWS_MS) return [];
  return [`a damaged database was moved aside ${ago(at, now)}`];
}

/** `1 dead letter`, `2 dead letters`. */
export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;
