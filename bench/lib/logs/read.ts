import { poll } from '../../../cli/lib/async';
import { CliError } from '../../../cli/lib/errors';
import { nanoseconds, type LogLine, type LogRange, type LokiApi } from '../../../cli/lib/loki-api';
import { Roll } from './roll';

/** As many lines as Loki gives at once (`max_entries_limit_per_query`, its default). */
const PAGE = 5000;

/** What reading needs of Loki. */
export type Lines = Pick<LokiApi, 'query'>;

/**
 * All lines that an expression selects, the oldest first, however many.
 *
 * @param page lines that are asked for at once.
 * @throws CliError when more lines than a page holds were written in the same nanosecond.
 */
export async function* readAll(
  loki: Lines,
  expression: string,
  { start, end }: Pick<LogRange, 'start' | 'end'>,
  page = PAGE,
): AsyncGenerator<LogLine> {
  for (let from = start; ;) {
    const lines = await loki.query(expression, { start: from, end, limit: page });
    const last = lines.at(-1)?.at;
    if (last === undefined || lines.length < page) {
      yield* lines;
      return;
    }
    if (lines[0]?.at === last) throw new CliError(`more than ${page} lines at ${last}`);
    // There may be more of that moment than the page could hold: the next one begins with it.
    yield* lines.filter(({ at }) => at < last);
    from = last;
  }
}

/** The number that a line of the writer carries; NaN for any other line. */
export function numberIn(text: string): number {
  try {
    return Number((JSON.parse(text) as { readonly seq?: unknown }).seq);
  } catch {
    return Number.NaN;
  }
}

/** Numbered lines, as Loki should have them. */
export interface Expected {
  /** Selects them and no others. */
  readonly expression: string;
  readonly lines: number;
  /** Before the first of them was written, in milliseconds since the Unix epoch. */
  readonly since: number;
}

export interface Arrival {
  readonly roll: Roll;
  /** When the last line was first seen, in milliseconds since the Unix epoch; undefined when it never was. */
  readonly lastSeenAt?: number;
}

const LOOK_MS = 500;

export interface AwaitOptions {
  readonly signal: AbortSignal;
  /** How long the last line is waited for. */
  readonly timeoutMs: number;
  /** How long lines are waited for that are missing then: what was sent again may come late. @default 30 s */
  readonly lateMs?: number;
}

/** Waits for the last of the lines, then calls the roll, and again while lines are missing that may yet come. */
export async function awaitLines(
  loki: Lines,
  expected: Expected,
  { signal, timeoutMs, lateMs = 30_000 }: AwaitOptions,
): Promise<Arrival> {
  const { expression, lines, since } = expected;
  const last = `${expression} |= \`"seq":${lines - 1},\``;
  const seeLast = async (): Promise<number | undefined> =>
    (await hasLines(loki, last, nanoseconds(since), signal)) ? Date.now() : undefined;
  const lastSeenAt = await poll(seeLast, { signal, intervalMs: LOOK_MS, timeoutMs });
  let roll = await callRoll(loki, expected);
  const recall = async (): Promise<true | undefined> => {
    if (roll.lost > 0) roll = await callRoll(loki, expected);
    return roll.lost === 0 || undefined;
  };
  await poll(recall, { signal, intervalMs: 2000, timeoutMs: lateMs });
  return { roll, lastSeenAt };
}

async function callRoll(loki: Lines, { expression, lines, since }: Expected): Promise<Roll> {
  const roll = new Roll(lines);
  for await (const { text } of readAll(loki, expression, { start: nanoseconds(since) })) {
    roll.tick(numberIn(text));
  }
  return roll;
}

/** Whether there are lines from a moment on; no, while Loki does not answer. */
export async function hasLines(
  loki: Lines,
  expression: string,
  start: bigint,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (await loki.query(expression, { start, limit: 1 })).length > 0;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof CliError)) throw error;
    return false;
  }
}
