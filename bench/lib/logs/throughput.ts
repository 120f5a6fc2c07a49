import { pause } from '../../../cli/lib/async';
import type { Session } from '../../../cli/lib/session';
import { seconds } from '../../../constructs/settings';
import { withPrometheus, withStack, type Stack } from '../cluster';
import type { Figure } from '../figures';
import { arrivalFigures, secondsFigure } from './arrival';
import { withLoki } from './loki';
import { awaitLines } from './read';
import { growthOf, podOf, usageOf, type Span, type Usage } from './usage';
import { withWriter } from './writer-pod';

const PER_SECOND = 2000;
const SECONDS = 120;
/** What the writer may fall short of its rate. */
const STEADY = 0.99;
/** The last line may be this late; what is still missing then is lost. */
const PATIENCE_MS = 120_000;

/** Very many lines of one pod: what is lost of them, and what it takes to carry them. */
export const measureThroughput = (
  session: Session,
  context: string | undefined,
): Promise<Figure[]> =>
  withStack(session, context, (stack) =>
    withWriter(stack, { lines: PER_SECOND * SECONDS, perSecond: PER_SECOND }, async (writer) => {
      const { expected, node } = writer;
      session.output.note(`${expected.lines} lines, on ${node}`);
      const written = await writer.finished();
      const end = Date.now();
      const options = { timeoutMs: PATIENCE_MS, signal: stack.signal };
      const arrival = await withLoki(stack, (loki) => awaitLines(loki, expected, options));
      const span = { end: Math.floor(end / 1000), seconds: Math.ceil(written.seconds) };
      return [
        {
          what: 'lines written per second',
          value: written.lines / written.seconds,
          atLeast: PER_SECOND * STEADY,
        },
        ...arrivalFigures(arrival, written.lines),
        ...secondsFigure('end of writing to the last line queryable', end, arrival.lastSeenAt),
        ...(await costs(stack, node, span)),
      ];
    }),
  );

/** What the log agent of the node and Loki used, and whether anything was refused. */
async function costs(stack: Stack, node: string, span: Span): Promise<Figure[]> {
  const { topology, settings, signal } = stack;
  const alloy = await podOf(stack, topology.component('alloy'), node);
  const loki = await podOf(stack, topology.component('loki'));
  // The scrape after the end has to come in first.
  await pause(2 * seconds(settings.prometheus.scrapeInterval) * 1000, signal);
  return withPrometheus(stack, async (prometheus) => [
    ...usageFigures('Alloy on that node', await usageOf(prometheus, alloy, span)),
    ...usageFigures('Loki', await usageOf(prometheus, loki, span)),
    {
      what: 'lines that Loki refused (its limits)',
      value: await growthOf(prometheus, 'loki_discarded_samples_total', span),
      atMost: 0,
    },
    {
      what: 'lines that Alloy gave up',
      value: await growthOf(prometheus, 'loki_write_dropped_entries_total', span),
      atMost: 0,
    },
  ]);
}

const usageFigures = (who: string, { cpu, memory }: Usage): Figure[] => [
  { what: `CPU of ${who}`, value: cpu, unit: 'cores', digits: 3 },
  { what: `memory of ${who}, the most`, value: memory / 2 ** 20, unit: 'MiB', digits: 1 },
];
