import { conductAll } from '../cli/lib/drills/run';
import { drillsNamed } from '../cli/lib/drills/catalogue';
import type { Outcome } from '../cli/lib/drills/conduct';
import { secondsBeyond, secondsTo, stagesOf, type Way } from '../cli/lib/drills/timeline';
import { CliError } from '../cli/lib/errors';
import type { Session } from '../cli/lib/session';
import { bench } from './lib/bench';
import { CONTEXT, readOptions, withStack } from './lib/cluster';
import type { Figure } from './lib/figures';
import { withReceivers } from './lib/connected';

const WITHIN = 60;

/**
 * Every drill, one of `--drill`s, or all: from the fault to the delivered message, and from its end, without what the
 * rule itself waits for. It disturbs the cluster without asking.
 */
function measure(session: Session): Promise<Figure[]> {
  const { context, drill = 'all' } = readOptions({ ...CONTEXT, drill: { type: 'string' } });
  return withStack(session, context, async (stack) => {
    const { client, settings } = stack;
    const chosen = drillsNamed(drill);
    const outcomes = await withReceivers(stack, () =>
      conductAll(session, { settings, client, chosen, within: WITHIN }),
    );
    for (const outcome of outcomes) noteStages(session, outcome);
    const figures = outcomes.flatMap(({ drill: { name }, ways }) =>
      ways.flatMap((way) => figureOf(name, way)),
    );
    if (figures.length === 0) throw new CliError('no alert was delivered');
    return figures;
  });
}

function noteStages({ output }: Session, { drill, ways, state, reasons }: Outcome): void {
  for (const way of ways) {
    const stages = stagesOf(way).map(
      (stage) => `${stage} +${secondsTo(way, stage)?.toFixed(1) ?? 'never'}`,
    );
    output.note(`${drill.name} ${way.status}: ${stages.join(', ')}`);
  }
  for (const reason of reasons) output.note(`${drill.name} ${state}: ${reason}`);
}

/** A message that never came is over every bound. */
const figureOf = (name: string, way: Way): Figure => ({
  what: `${name}, ${way.status}: ${whatIsLeftOut(way)}`,
  value: secondsBeyond(way) ?? Infinity,
  unit: 's',
  digits: 1,
  atMost: WITHIN,
});

function whatIsLeftOut({ waits: { for: forSeconds, window } }: Way): string {
  const parts = [
    ...(forSeconds > 0 ? [`for of ${forSeconds} s`] : []),
    ...(window > 0 ? [`window of ${Math.round(window)} s`] : []),
  ];
  return parts.length === 0 ? 'to delivered' : `to delivered, minus ${parts.join(' and ')}`;
}

void bench({ title: 'Drills', minutes: 30, measure });
