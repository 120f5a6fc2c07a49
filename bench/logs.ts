import { UsageError } from '../cli/lib/errors';
import { CONTEXT } from './lib/cluster';
import { measureLatency } from './lib/logs/latency';
import { measureOutage } from './lib/logs/outage';
import { measureThroughput } from './lib/logs/throughput';
import { runMenu } from './lib/menu';

/** For the pod to start, and for the lines to arrive in the end. */
const MINUTES_AROUND = 12;
const MINUTES_AWAY_MAX = 30;
const LINES_MAX = 2000;

interface Numbers {
  readonly minutes: string;
  readonly lines: string;
}

/** @throws UsageError */
const minutesOf = ({ minutes }: Numbers): number => {
  const value = Number(minutes);
  if (value > 0 && value <= MINUTES_AWAY_MAX) return value;
  throw new UsageError(`--minutes ${minutes}: expected a number up to ${MINUTES_AWAY_MAX}`);
};

/** @throws UsageError */
const linesOf = ({ lines }: Numbers): number => {
  if (/^[1-9]\d{0,3}$/.test(lines) && Number(lines) <= LINES_MAX) return Number(lines);
  throw new UsageError(`--lines ${lines}: expected a whole number from 1 to ${LINES_MAX}`);
};

runMenu({
  script: 'bench/logs.ts',
  options: {
    ...CONTEXT,
    minutes: { type: 'string', default: '5' },
    lines: { type: 'string', default: '20' },
  },
  help: [
    ['--context <name>', 'the cluster to measure'],
    ['--minutes <number>', 'outage: how long Loki is away (5)'],
    ['--lines <number>', 'outage: lines that are written in each second (20)'],
  ],
  check: (values) => {
    minutesOf(values);
    linesOf(values);
  },
  benches: {
    latency: {
      about: 'how long until a line that was written can be found in Loki',
      title: 'A line written, until Loki has it',
      minutes: () => 5,
      measure: (session, { context }) => measureLatency(session, context),
    },
    throughput: {
      about: '2,000 lines per second for 2 minutes on one node: what is lost, and what it costs',
      title: 'Many lines on one node',
      minutes: () => MINUTES_AROUND,
      measure: (session, { context }) => measureThroughput(session, context),
    },
    outage: {
      about: 'Loki away for --minutes while a pod writes, and Alloy deleted meanwhile',
      title: 'Loki away, and Alloy deleted meanwhile',
      minutes: (values) => minutesOf(values) + MINUTES_AROUND,
      measure: (session, { context, ...values }) =>
        measureOutage(session, {
          context,
          awaySeconds: minutesOf(values) * 60,
          perSecond: linesOf(values),
        }),
    },
  },
});
