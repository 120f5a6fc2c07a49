import type { Telling } from './telling';

/**
 * Milliseconds that a group of this severity goes ahead of one that is not so urgent. Ranks are head starts, so that
 * they age: nothing waits longer than the longest of them for the sake of what came after it.
 */
const HEAD_START_MS = { critical: 300_000, warning: 120_000, other: 0 } as const;

/**
 * The tellings by group, the most urgent group first, each group in the order of acceptance.
 */
export function byUrgency(tellings: readonly Telling[]): Telling[][] {
  const groups = new Map<string, Telling[]>();
  for (const telling of tellings) {
    const group = groups.get(telling.told.groupKey);
    if (group) group.push(telling);
    else groups.set(telling.told.groupKey, [telling]);
  }
  return [...groups.values()]
    .map((group) => ({ group, due: dueOf(group) }))
    .sort((a, b) => a.due - b.due)
    .map(({ group }) => group);
}

function dueOf(group: readonly Telling[]): number {
  let oldest = Infinity;
  let headStart = 0;
  for (const { told, coalesced } of group) {
    oldest = Math.min(oldest, (coalesced[0] ?? told).acceptedAt);
    headStart = Math.max(headStart, headStartOf(told.alert.status, told.alert.labels['severity']));
  }
  return oldest - headStart;
}

function headStartOf(status: string, severity: string | undefined): number {
  if (status === 'resolved') return HEAD_START_MS.other;
  if (severity === 'critical') return HEAD_START_MS.critical;
  return severity === 'warning' ? HEAD_START_MS.warning : HEAD_START_MS.other;
}
