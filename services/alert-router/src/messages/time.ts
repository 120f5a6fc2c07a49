/** Years that every reader of a time understands; a label can say anything. */
const MAX_MS = Date.UTC(9999, 11, 31);

/** `2026-06-01T12:00:00Z`; in words when it is no time that can be written so. */
export function isoTime(ms: number): string {
  return isTime(ms) ? `${new Date(ms).toISOString().slice(0, 19)}Z` : 'an unknown time';
}

export const isTime = (ms: number): boolean => ms >= 0 && ms <= MAX_MS;

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** The two largest units, as `2 h 10 min`. */
export function duration(ms: number): string {
  let seconds = Math.max(0, Math.round(ms / 1000));
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}
