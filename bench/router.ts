import { UsageError } from '../cli/lib/errors';
import { runMenu } from './lib/menu';
import { measureAccept } from './lib/router/accept';
import { measureKills } from './lib/router/kill';
import { measureMemory } from './lib/router/memory';
import { GROUPED, measureStorm } from './lib/router/storm';
import { measureOrder } from './lib/router/strace';

/** What a bench of ten minutes has room for, with the time that it may drain. */
const SECONDS_MAX = 300;

/** @throws UsageError */
function secondsOf({ seconds }: { readonly seconds: string }): number {
  if (/^[1-9]\d{0,2}$/.test(seconds) && Number(seconds) <= SECONDS_MAX) return Number(seconds);
  throw new UsageError(`--seconds ${seconds}: expected a whole number from 1 to ${SECONDS_MAX}`);
}

runMenu({
  script: 'bench/router.ts',
  options: {
    directory: { type: 'string' },
    profile: { type: 'string' },
    seconds: { type: 'string', default: '120' },
    strace: { type: 'boolean', default: false },
  },
  help: [
    ['--directory <folder>', 'accept: where the database is, and so on which disk'],
    ['--profile <folder>', 'accept: gets a CPU profile of the router for each run'],
    ['--strace', 'accept: the order of write, sync and answer; needs strace'],
    ['--seconds <number>', 'kill: how long it is killed'],
  ],
  check: (values) => void secondsOf(values),
  benches: {
    'storm-200': {
      about: '200 alerts in 200 groups; real Alertmanager, and its own Discord receiver beside it',
      title: `200 alerts in 200 groups at once (${GROUPED})`,
      minutes: () => 6,
      measure: (session) =>
        measureStorm(session, { groups: 200, perGroup: 1, seconds: 12, beside: true }),
    },
    'storm-2000': {
      about: '2,000 alerts in 200 groups; real Alertmanager',
      title: `2,000 alerts in 200 groups at once (${GROUPED})`,
      minutes: () => 6,
      measure: (session) =>
        measureStorm(session, { groups: 200, perGroup: 10, seconds: 90, beside: false }),
    },
    accept: {
      about: 'hooks accepted for good, and the disk beside them; --strace shows the order instead',
      title: 'Hooks of one alert each, over keep-alive mutual TLS',
      minutes: () => 5,
      measure: (session, { strace, directory, profile }) =>
        strace ? measureOrder(session, directory) : measureAccept(session, { directory, profile }),
    },
    kill: {
      about: 'killed every 5 s for --seconds (120) under load, while Discord and mail fail',
      title: 'Killed under load, while Discord and the mail server fail',
      minutes: () => 10,
      measure: (session, options) => measureKills(session, secondsOf(options)),
    },
    memory: {
      about: 'idle for a minute, then a storm',
      title: 'Memory of the router',
      minutes: () => 8,
      measure: (session) => measureMemory(session),
    },
  },
});
