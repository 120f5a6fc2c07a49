import { parseArgs } from 'node:util';
import { ExitCode, UsageError } from '../cli/lib/errors';
import { formatTable } from '../cli/lib/output';
import type { Session } from '../cli/lib/session';
import { bench } from './lib/bench';
import type { Figure } from './lib/figures';
import { measureAccept } from './lib/router/accept';
import { measureKills } from './lib/router/kill';
import { measureMemory } from './lib/router/memory';
import { GROUPED, measureStorm } from './lib/router/storm';
import { measureOrder } from './lib/router/strace';

/** What a bench of ten minutes has room for, with the time that it may drain. */
const SECONDS_MAX = 300;

const OPTIONS = {
  directory: { type: 'string' },
  profile: { type: 'string' },
  seconds: { type: 'string', default: '120' },
  strace: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

type Command = ReturnType<typeof parse>;
type Options = Command['values'];

const parse = (): ReturnType<
  typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>
> => parseArgs({ options: OPTIONS, allowPositionals: true });

interface Bench {
  readonly about: string;
  readonly title: string;
  readonly minutes: number;
  readonly measure: (session: Session, options: Options) => Promise<readonly Figure[]>;
}

const BENCHES: Readonly<Record<string, Bench>> = {
  'storm-200': {
    about: '200 alerts in 200 groups; real Alertmanager, and its own Discord receiver beside it',
    title: `200 alerts in 200 groups at once (${GROUPED})`,
    minutes: 6,
    measure: (session) =>
      measureStorm(session, { groups: 200, perGroup: 1, seconds: 12, beside: true }),
  },
  'storm-2000': {
    about: '2,000 alerts in 200 groups; real Alertmanager',
    title: `2,000 alerts in 200 groups at once (${GROUPED})`,
    minutes: 6,
    measure: (session) =>
      measureStorm(session, { groups: 200, perGroup: 10, seconds: 90, beside: false }),
  },
  accept: {
    about: 'hooks accepted for good, and the disk beside them; --strace shows the order instead',
    title: 'Hooks of one alert each, over keep-alive mutual TLS',
    minutes: 5,
    measure: (session, { strace, directory, profile }) =>
      strace ? measureOrder(session, directory) : measureAccept(session, { directory, profile }),
  },
  kill: {
    about: 'killed every 5 s for --seconds (120) under load, while Discord and mail fail',
    title: 'Killed under load, while Discord and the mail server fail',
    minutes: 10,
    measure: (session, options) => measureKills(session, secondsOf(options)),
  },
  memory: {
    about: 'idle for a minute, then a storm',
    title: 'Memory of the router',
    minutes: 8,
    measure: (session) => measureMemory(session),
  },
};

function usage(): string {
  const benches = Object.entries(BENCHES).map(([name, { about }]) => [`  ${name}`, about]);
  const options = [
    ['  --directory <folder>', 'accept: where the database is, and so on which disk'],
    ['  --profile <folder>', 'accept: gets a CPU profile of the router for each run'],
    ['  --strace', 'accept: the order of write, sync and answer; needs strace'],
    ['  --seconds <number>', 'kill: how long it is killed'],
  ];
  return [
    'Usage: npx tsx bench/router.ts <bench> [options]',
    '',
    ...formatTable([...benches, ...options]),
    '',
  ].join('\n');
}

/** @throws UsageError */
function secondsOf({ seconds }: Options): number {
  if (/^[1-9]\d{0,2}$/.test(seconds) && Number(seconds) <= SECONDS_MAX) return Number(seconds);
  throw new UsageError(`--seconds ${seconds}: expected a whole number from 1 to ${SECONDS_MAX}`);
}

/** @throws UsageError naming what is not known. */
function chosen({ values, positionals }: Command): Bench {
  const bench = positionals.length === 1 ? BENCHES[positionals[0] ?? ''] : undefined;
  secondsOf(values);
  if (bench) return bench;
  const names = Object.keys(BENCHES).join(', ');
  throw new UsageError(`expected one of ${names}, found: ${positionals.join(' ') || 'nothing'}`);
}

function main(): void {
  try {
    const command = parse();
    if (command.values.help) {
      process.stdout.write(usage());
      return;
    }
    const { title, minutes, measure } = chosen(command);
    void bench({ title, minutes, measure: (session) => measure(session, command.values) });
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exitCode = ExitCode.USAGE;
  }
}

main();
