import { conductAll } from '../cli/lib/drills/run';
import { drillsNamed } from '../cli/lib/drills/catalogue';
import type { Outcome } from '../cli/lib/drills/conduct';
import { secondsTo, stagesOf, type Way } from '../cli/lib/drills/timeline';
import type { Session } from '../cli/lib/session';
import { bench } from './lib/bench';
import { CONTEXT, readOptions, withStack } from './lib/cluster';
import type { Figure } from './lib/figures';
import { withReceivers } from './lib/connected';

const WITHIN = 60;

/**
 * Every drill, one of `--drill`s, or all: from the fault to the delivered message without the rule's `for`, and from its
 * end without the time that the rule looks back. It disturbs the cluster without asking.
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
    const failed = outcomes.filter(({ state }) => state === 'failed').length;
    return [...figures, { what: 'drills that failed', value: failed, atMost: 0 }];
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
function figureOf(name: string, way: Way): Figure {
  const { status, waits } = way;
  const [what, left] =
    status === 'firing' ? ['for', waits.for] : ['what the rule looks back', waits.window];
  const minus = left > 0 ? `, minus ${what}: ${Math.round(left)} s` : '';
  return {
    what: `${name}, ${status}: to delivered${minus}`,
    value: (secondsTo(way, 'delivered') ?? Infinity) - left,
    unit: 's',
    digits: 1,
    atMost: WITHIN,
  };
}

void bench({ title: 'Drills', minutes: 30, measure });
