import { pause } from '../../../cli/lib/async';
import { nanoseconds } from '../../../cli/lib/loki-api';
import { withStack, type Stack } from '../cluster';
import type { Session } from '../../../cli/lib/session';
import type { Figure } from '../figures';
import { quantile } from '../quantile';
import { withLoki } from './loki';
import { numberIn, type Expected, type Lines } from './read';
import { withWriter } from './writer-pod';

const PER_SECOND = 2;
/** Until the log agent follows the new pod; how long that takes is told by the first line. */
const SETTLE_LINES = 20 * PER_SECOND;
const LINES = SETTLE_LINES + 60 * PER_SECOND;
/** A line that is not there by then is a lost one. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 200;

/** How long until a line that was written can be found, in milliseconds, by the line's number. */
type Delays = ReadonlyMap<number, number>;

/**
 * Lines of a pod, and how long until each can be found in Loki. A line carries the time of its node's clock, which on
 * kind is this machine's.
 */
export const measureLatency = (session: Session, context: string | undefined): Promise<Figure[]> =>
  withStack(session, context, (stack) =>
    withWriter(stack, { lines: LINES, perSecond: PER_SECOND }, async ({ expected }) => {
      const delays = await withLoki(stack, (loki) => watch(loki, expected, stack));
      return figuresOf(delays);
    }),
  );

/** Looks for new lines until the last one has come, or does not come. */
async function watch(
  loki: Lines,
  { expression, lines, since }: Expected,
  { signal }: Stack,
): Promise<Delays> {
  const deadline = Date.now() + (lines / PER_SECOND) * 1000 + PATIENCE_MS;
  const delays = new Map<number, number>();
  let start = nanoseconds(since);
  while (delays.size < lines && Date.now() < deadline) {
    const found = await loki.query(expression, { start });
    const now = Date.now();
    for (const { at, text } of found) {
      const seq = numberIn(text);
      if (!delays.has(seq)) delays.set(seq, now - writtenAt(text));
      start = at;
    }
    await pause(LOOK_MS, signal);
  }
  return delays;
}

const writtenAt = (text: string): number => (JSON.parse(text) as { readonly time: number }).time;

/** What the delays come to. @throws Error when no line came once the pod was settled */
export function figuresOf(delays: Delays): Figure[] {
  const settled = [...delays].flatMap(([seq, delay]) => (seq < SETTLE_LINES ? [] : [delay / 1000]));
  const s = { unit: 's', digits: 2 } as const;
  const first = delays.get(0);
  return [
    { what: 'lines', value: settled.length, atLeast: LINES - SETTLE_LINES },
    { what: 'written to queryable, p50', value: quantile(settled, 0.5), ...s },
    { what: 'written to queryable, p95', value: quantile(settled, 0.95), ...s, atMost: 5 },
    { what: 'written to queryable, the slowest', value: Math.max(...settled), ...s },
    ...(first === undefined
      ? []
      : [{ what: 'the first line of a new pod', value: first / 1000, ...s }]),
  ];
}
