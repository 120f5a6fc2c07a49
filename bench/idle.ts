import { pause } from '../cli/lib/async';
import { UsageError } from '../cli/lib/errors';
import { listNodes } from '../cli/lib/nodes';
import type { PrometheusApi, Sample } from '../cli/lib/prometheus-api';
import type { Session } from '../cli/lib/session';
import { byComponent } from '../constructs/grafana/dashboards/overview/selectors';
import { contextOf } from '../constructs/kubernetes';
import { manifestsOf } from '../constructs/synth';
import { namespaces } from '../constructs/topology';
import { bench } from './lib/bench';
import {
  CONTEXT,
  numberOf,
  readOptions,
  withPrometheus,
  withStack,
  type Stack,
} from './lib/cluster';
import type { Figure } from './lib/figures';
import { requestedMemory } from './lib/requests';

const MIB = 2 ** 20;
/** What everything together may use, and ask the nodes for: 1.2 GiB. */
const MEMORY_MAX = 1.2 * 1024;
const OURS = `namespace=~"${Object.keys(namespaces).join('|')}",container!=""`;

/** What the stack itself uses while nothing happens, as its own Prometheus has it. */
function measure(session: Session): Promise<Figure[]> {
  const { context, minutes: text } = readOptions({
    ...CONTEXT,
    minutes: { type: 'string', default: '10' },
  });
  const minutes = Number(text);
  if (!(minutes >= 2 && minutes <= 30)) throw new UsageError('--minutes: allowed are 2 to 30');
  return withStack(session, context, async (stack) => {
    session.output.note(`leaving the stack alone for ${minutes} minutes`);
    await pause(minutes * 60_000, session.signal);
    return withPrometheus(stack, (prometheus) => figures(stack, prometheus, minutes));
  });
}

async function figures(
  stack: Stack,
  prometheus: PrometheusApi,
  minutes: number,
): Promise<Figure[]> {
  const { topology, settings, client } = stack;
  const memoryOf = `container_memory_working_set_bytes{${OURS}}`;
  const cpuOf = `rate(container_cpu_usage_seconds_total{${OURS}}[${minutes}m])`;
  const ask = (expr: string): Promise<number> => numberOf(prometheus, expr);
  const memory = await prometheus.query(byComponent(memoryOf, topology));
  const cpu = await prometheus.query(byComponent(cpuOf, topology));
  const nodes = (await listNodes(client)).length;
  const requests = requestedMemory(manifestsOf(contextOf(settings, topology)), nodes);
  const targets = await prometheus.targets();
  const verified = targets.filter(
    ({ health, scrapeUrl }) => health === 'up' && scrapeUrl.startsWith('https:'),
  );
  return [
    {
      what: `working set, ${nodes} nodes`,
      ...mib(await ask(`sum(${memoryOf})`)),
      atMost: MEMORY_MAX,
    },
    ...rows(memory, (bytes) => mib(bytes)),
    { what: 'sum of memory requests', ...mib(requests), atMost: MEMORY_MAX },
    { what: `CPU over ${minutes} minutes`, ...cores(await ask(`sum(${cpuOf})`)), atMost: 0.35 },
    ...rows(cpu, (value) => cores(value)),
    { what: 'active series', value: await ask('sum(prometheus_tsdb_head_series)'), atMost: 20_000 },
    { what: 'targets', value: targets.length },
    { what: 'targets not up over TLS', value: targets.length - verified.length, atMost: 0 },
  ];
}

type Amount = Pick<Figure, 'value' | 'unit' | 'digits'>;

const mib = (bytes: number): Amount => ({ value: bytes / MIB, unit: 'MiB', digits: 1 });
const cores = (value: number): Amount => ({ value, unit: 'cores', digits: 3 });

/** One line for each component, the largest first. */
const rows = (samples: readonly Sample[], amount: (value: number) => Amount): Figure[] =>
  samples
    .map(({ metric, value }) => ({
      what: `  ${metric.component ?? 'others'}`,
      ...amount(Number(value[1])),
    }))
    .sort((a, b) => b.value - a.value);

void bench({ title: 'At rest', minutes: 35, measure });
