import type { Action, ShowState, Tally } from './protocol';

/** A count with its noun: `1 alert`, `2 alerts`. */
const count = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? '' : 's'}`;

const TROUBLE_LINES: Partial<Record<Action, string>> = {
  'rate-limit': 'Discord answers 429 to every call: the router waits as long as it is told to.',
  outage: 'Discord refuses every connection: the router tries again, and waits longer each time.',
  'no-mail': 'The mail server is away: mails wait, and Discord is not held up by them.',
};

type Situation = Pick<ShowState, 'phase' | 'router' | 'troubles' | 'unaccepted' | 'totals'>;

/** What happens, in one line. */
export function lineOf(situation: Situation, lastStep: string): string {
  const { phase, router, troubles, unaccepted, totals } = situation;
  if (router === 'starting') return 'The router starts.';
  if (router === 'down') {
    const waiting = count(unaccepted, 'change');
    return `The router is dead. ${waiting} that it has not accepted wait with Alertmanager; its queue is on disk.`;
  }
  const pending = totals?.pending ?? 0;
  const queue = pending > 0 ? ` Waiting in its queue: ${count(pending, 'message')}.` : '';
  const trouble = troubles.map(({ action }) => TROUBLE_LINES[action]).find(Boolean);
  return (trouble ?? (phase === 'paused' ? 'Paused.' : lastStep)) + queue;
}

/** The result. */
export function verdictOf({ accepted, delivered, lost, duplicates }: Tally): string {
  const doubles = count(duplicates, 'duplicate');
  return `${accepted} accepted, ${delivered} delivered, ${lost} lost, ${doubles}`;
}
