import type { Session } from '../cli/lib/session';
import { UsageError } from '../cli/lib/errors';
import { bench } from './lib/bench';
import { CONTEXT, readOptions, withPrometheus, withStack } from './lib/cluster';
import type { Figure } from './lib/figures';
import { withLoki } from './lib/logs/loki';
import { settle, watchQuiet } from './lib/quiet';

/** Watches a healthy cluster for an hour: no rule, on metrics or on logs, may fire or be pending but Watchdog. */
function measure(session: Session): Promise<Figure[]> {
  const { context, minutes: text } = readOptions({
    ...CONTEXT,
    minutes: { type: 'string', default: '60' },
  });
  const minutes = Number(text);
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > 60) {
    throw new UsageError(`--minutes ${text}: allowed: a whole number, 1 to 60`);
  }
  return withStack(session, context, async (stack) => {
    const { settled, looks, alerts } = await withPrometheus(stack, (prometheus) =>
      withLoki(stack, async (loki) => {
        const rulers = [prometheus, loki];
        return {
          settled: await settle(rulers, stack.signal),
          ...(await watchQuiet(rulers, { minutes, signal: stack.signal })),
        };
      }),
    );
    for (const alert of alerts) session.output.note(alert);
    return [
      { what: 'until nothing was left of coming up', value: settled, unit: 's' },
      { what: 'minutes watched', value: minutes },
      { what: 'looks at the alerts', value: looks },
      { what: 'alerts firing or pending beside Watchdog', value: alerts.length, atMost: 0 },
    ];
  });
}

void bench({ title: 'A healthy cluster', minutes: 66, measure });
