import { Door, webDoor } from '../../cli/lib/door';
import { CliError } from '../../cli/lib/errors';
import { nanoseconds } from '../../cli/lib/loki-api';
import { readSecret } from '../../cli/lib/technician';
import { dashboards } from '../../constructs/grafana/dashboards';
import { LOG_JOBS, streams } from '../../constructs/loki/streams';
import { GRAFANA_PASSWORD } from '../../constructs/topology';
import { until, type Stack } from './cluster';
import { withLoki } from './logs/loki';
import { hasLines } from './logs/read';

const PATIENCE = 120;

/**
 * Waits until the stack is all there: with every target up already, lines of every kind are in Loki and every dashboard
 * is in Grafana.
 *
 * @param since lines of before do not count, in milliseconds since the Unix epoch.
 * @throws CliError when it is not in time.
 */
export async function untilWhole(stack: Stack, since: number): Promise<void> {
  await Promise.all([
    withLoki(stack, async (loki) => {
      const jobs = Object.keys(LOG_JOBS) as (keyof typeof LOG_JOBS)[];
      for (const job of jobs) {
        await until(`Loki has lines of ${LOG_JOBS[job]}`, PATIENCE, stack.signal, () =>
          hasLines(loki, streams(job), nanoseconds(since), stack.signal),
        );
      }
    }),
    withGrafana(stack, async (grafana) => {
      const wanted = Object.keys(dashboards(stack.settings, stack.topology)).length;
      await until(`Grafana has ${wanted} dashboards`, PATIENCE, stack.signal, async () => {
        const { status, text } = await grafana.get('/api/search?type=dash-db');
        if (status !== 200) throw grafana.failure(`it answered ${status}`);
        return (JSON.parse(text) as unknown[]).length === wanted;
      });
    }),
  ]);
}

/** Asks Grafana as its administrator, and closes the way to it afterwards. */
async function withGrafana(
  { client, signal }: Stack,
  work: (grafana: Door) => Promise<void>,
): Promise<void> {
  const { namespace, secret, key } = GRAFANA_PASSWORD;
  const password = (await readSecret(client, namespace, secret))?.[key];
  if (!password) throw new CliError(`Secret ${namespace}/${secret} holds no password yet`);
  const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
  const grafana = await Door.open(
    client,
    { ...webDoor('Grafana', 'grafana'), authorization },
    signal,
  );
  try {
    await work(grafana);
  } finally {
    grafana.close();
  }
}
