import { formatTable } from '../../cli/lib/output';

/**
 * The middle value; of an even number, the mean of the middle two.
 *
 * @throws Error when there are no values.
 */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no values to take a median of');
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
  return (lower + upper) / 2;
}

/** One line of a result: what was measured, and what it may be. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  /** Unit behind the value, such as `s` or `MiB`. @default none */
  readonly unit?: string;
  /** Digits behind the point. @default 0 */
  readonly digits?: number;
  /** The most that it may be. @default - there is no such bound; without any, it is only for information */
  readonly atMost?: number;
  /** The least that it may be. @default - there is no such bound */
  readonly atLeast?: number;
}

/** The figures as a table, each with its bound and with its share of it. */
export function figureTable(figures: readonly Figure[]): string[] {
  const text = (value: number, { unit, digits = 0 }: Figure): string =>
    `${value.toFixed(digits)}${unit ? ` ${unit}` : ''}`;
  const rows = figures.map((figure) => {
    const { what, value, atMost, atLeast } = figure;
    const bound = atMost ?? atLeast;
    if (bound === undefined) return [what, text(value, figure), '', '', ''];
    const share = bound === 0 ? '' : `${(value / bound).toFixed(2)} of it`;
    const limit = `${atMost === undefined ? '>= ' : ''}${text(bound, figure)}`;
    return [what, text(value, figure), limit, share, verdict(figure)];
  });
  return formatTable([['FIGURE', 'MEASURED', 'BOUND', 'RATIO', ''], ...rows]);
}

function verdict({ value, atMost = Infinity, atLeast = -Infinity }: Figure): string {
  if (value > atMost) return 'OVER';
  return value < atLeast ? 'UNDER' : 'ok';
}

/** Whether all figures are within their bounds. */
export const withinBounds = (figures: readonly Figure[]): boolean =>
  figures.every((figure) => verdict(figure) === 'ok');

/** How long the work takes, in seconds, and what it returns. */
export async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  const started = performance.now();
  const result = await work();
  return { seconds: (performance.now() - started) / 1000, result };
}
