import type { V1Pod } from '@kubernetes/client-node';
import { CliError } from '../cli/lib/errors';
import type { PrometheusApi } from '../cli/lib/prometheus-api';
import { isReady } from '../cli/lib/readiness';
import type { Session } from '../cli/lib/session';
import { bench } from './lib/bench';
import {
  CONTEXT,
  allTargetsUp,
  readOptions,
  until,
  withPrometheus,
  withStack,
  type Stack,
} from './lib/cluster';
import { median, timed, type Figure } from './lib/figures';

const RUNS = 3;
const POD = { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name: 'prometheus-0' };
const PATH = `/api/v1/namespaces/${POD.namespace}/pods/${POD.name}`;

/** Deletes Prometheus' pod: how long until every target is up again, and whether the samples of before are there. */
function measure(session: Session): Promise<Figure[]> {
  const { context } = readOptions(CONTEXT);
  return withStack(session, context, async (stack) => {
    const times: number[] = [];
    let lost = 0;
    for (let round = 1; round <= RUNS; round++) {
      const at = Math.floor(Date.now() / 1000) - 30;
      const before = await withPrometheus(stack, (prometheus) => samplesAt(prometheus, at));
      if (before.length === 0) throw new CliError('Prometheus has no samples of 30 s ago');
      const { seconds } = await timed(() => restart(stack));
      const after = await withPrometheus(stack, (prometheus) => samplesAt(prometheus, at));
      lost += before.filter((sample) => !after.includes(sample)).length;
      times.push(seconds);
      session.output.note(`restart ${round} of ${RUNS}: ${seconds.toFixed(1)} s`);
    }
    return [
      {
        what: `pod deleted to every target up, median of ${RUNS}`,
        value: median(times),
        unit: 's',
        digits: 1,
        atMost: 30,
      },
      { what: 'the longest of them', value: Math.max(...times), unit: 's', digits: 1 },
      { what: 'samples from before that are lost', value: lost, atMost: 0 },
    ];
  });
}

/** Every target's sample at a moment, as text. */
async function samplesAt(prometheus: PrometheusApi, at: number): Promise<string[]> {
  const samples = await prometheus.query(`up @ ${at}`);
  return samples.map(({ metric, value }) => `${JSON.stringify(metric)} ${value[1]}`);
}

async function restart(stack: Stack): Promise<void> {
  const { client, topology, signal } = stack;
  const before = (await client.get<V1Pod>(PATH))?.metadata?.uid;
  await client.delete(POD);
  await until('the new pod is ready', 120, signal, async () => {
    const pod = await client.get<V1Pod>(PATH);
    return pod !== undefined && isReady(pod) && pod.metadata?.uid !== before;
  });
  await withPrometheus(stack, (prometheus) =>
    until('every target is up', 120, signal, () => allTargetsUp(prometheus, topology)),
  );
}

void bench({ title: 'Prometheus restarted', minutes: 15, measure });
