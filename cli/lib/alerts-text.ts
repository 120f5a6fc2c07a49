import type {
  DestinationStatus,
  RouterStatus,
  SettledDelivery,
} from '../../services/alert-router/src/status/status';
import {
  ago,
  counted,
  duration,
  problemsOf,
  stateOf,
} from '../../services/alert-router/src/status/words';
import { formatTable, type Output } from './output';

/** Of each list, on one screen. */
const SHOWN = 10;

/** The one screen of `vigil alerts`. */
export function renderAlerts(status: RouterStatus, output: Pick<Output, 'style'>): string {
  const sections: [string, string[][]][] = [
    ['DESTINATIONS', destinationRows(status)],
    ['DEAD LETTERS', settledRows(status.deadLetters, status.now)],
    ['LAST DELIVERIES', settledRows(status.lastDeliveries, status.now)],
    ['ROUTER', routerRows(status)],
  ];
  const lines = sections.flatMap(([title, rows]) => [
    output.style('bold', title),
    ...formatTable(rows).map((row) => `  ${row}`),
  ]);
  return [...lines, ...verdict(status, output), ...advice(status)].join('\n');
}

function destinationRows({ destinations, now }: RouterStatus): string[][] {
  if (destinations.length === 0) return [['none']];
  const rows = destinations.map((one) => [
    one.name,
    one.kind,
    pendingText(one),
    `${one.delivered} delivered`,
    ago(one.lastDeliveredAt, now),
    oneLine(stateOf(one, now)),
  ]);
  return [['name', 'kind', 'pending', 'delivered', 'last', 'state'], ...rows];
}

function pendingText({ pending, oldestPendingSeconds: oldest }: DestinationStatus): string {
  if (pending === 0 || oldest === undefined) return String(pending);
  return `${pending} (oldest ${duration(oldest * 1000)})`;
}

function settledRows(all: readonly SettledDelivery[], now: number): string[][] {
  if (all.length === 0) return [['none']];
  const rows = all
    .slice(0, SHOWN)
    .map((one) => [
      String(one.id),
      ago(one.settledAt, now),
      one.destination,
      `${one.kind} ${oneLine(one.alertname)}`,
      one.reason === undefined ? one.outcome : `${one.outcome}: ${oneLine(one.reason)}`,
    ]);
  const more = all.length - rows.length;
  return more > 0 ? [...rows, [`and ${more} more (--json shows them)`]] : rows;
}

function routerRows({ totals, heartbeat, reconciler, store, now }: RouterStatus): string[][] {
  const { accepted, delivered, coalesced, dead, expired, pending } = totals;
  return [
    [
      'accepted',
      `${accepted} = ${delivered} delivered + ${coalesced} told with a later one + ${dead} dead + ${expired} expired + ${pending} pending`,
    ],
    ['heartbeat', ago(heartbeat.lastAt, now)],
    [
      'compared',
      reconciler.enabled
        ? `${ago(reconciler.lastSuccessAt, now)}, ${reconciler.added} found firing, ${reconciler.resolved} found ended`
        : 'switched off',
    ],
    ['database', databaseText(store)],
  ];
}

function databaseText({ bytes, corruptCopies }: RouterStatus['store']): string {
  const copies =
    corruptCopies === 0 ? '' : `, and ${counted(corruptCopies, 'damaged one')} kept aside`;
  return `${(bytes / 1_048_576).toFixed(1)} MiB${copies}`;
}

function verdict(status: RouterStatus, output: Pick<Output, 'style'>): string[] {
  const problems = problemsOf(status);
  if (problems.length === 0) return [output.style('green', 'All is well.')];
  return [output.style('red', 'Not well:'), ...problems.map((problem) => `  ${oneLine(problem)}`)];
}

/** What to do next, where there is something. */
function advice({ destinations, deadLetters, totals }: RouterStatus): string[] {
  const parked = destinations.filter(({ state }) => state === 'parked').map(({ name }) => name);
  return [
    ...(totals.delivered === 0 ? ['Nothing was ever delivered.'] : []),
    ...(parked.length > 0
      ? [
          `Parked: ${parked.join(', ')}. \`npx vigil alerts connect <destination>\` gives one its credential.`,
        ]
      : []),
    ...(totals.delivered === 0 && parked.length < destinations.length
      ? ['`npx vigil alerts test` sends a test message.']
      : []),
    ...(deadLetters.length > 0 ? ['`npx vigil alerts retry --all` sends dead letters again.'] : []),
  ];
}

/** Names and reasons come from outside: nothing of them may move the cursor or begin a line. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
