import { logins } from '../../../../constructs/loki/rules/logins';
import { parseSettings } from '../../../../constructs/settings';
import { describeLogRules, times, type Said } from '../../../support/log-rule-tests';

const group = logins(parseSettings({}));

interface Attempt {
  readonly user: string;
  readonly client: string;
  readonly ago: readonly number[];
  readonly app?: string;
}

/** A line as `services/sample-app/src/login.ts` writes it. */
const attempt = (level: string, fields: object, { user, client, ago, app }: Attempt): Said => ({
  job: 'container',
  labels: { namespace: 'web', app: app ?? 'shop', container: 'app', node: 'worker' },
  metadata: { pod: 'shop-1', level: level.toLowerCase() },
  line: JSON.stringify({ level, service: 'shop', requestId: 'r', user, client, ...fields }),
  ago,
});

const failed = (props: Attempt): Said =>
  attempt('WARNING', { userAgent: 'curl', outcome: 'failed', msg: 'Failed login attempt' }, props);
const succeeded = (props: Attempt): Said =>
  attempt('INFO', { userAgent: 'curl', msg: 'Login succeeded' }, props);

/** Failures of so many users from one address, or of one user from so many addresses. */
const fromOne = (client: string, users: number): Said[] =>
  Array.from({ length: users }, (_, index) =>
    failed({ user: `user-${index}`, client, ago: [30 + index / 10] }),
  );
const ofOne = (user: string, clients: number): Said[] =>
  Array.from({ length: clients }, (_, index) =>
    failed({ user, client: `192.0.2.${index}`, ago: [30 + index / 10] }),
  );

const where = { namespace: 'web', app: 'shop' };

describeLogRules(group, [
  {
    alert: 'BruteForceByAddress',
    title: 'fires at 20 failures in 2 minutes, not at 19, and counts each app for itself',
    lines: [
      ...fromOne('10.0.0.20', 20),
      ...fromOne('10.0.0.19', 19),
      failed({ user: 'a', client: '10.0.0.19', ago: [30], app: 'blog' }),
    ],
    fires: [{ labels: { ...where, client: '10.0.0.20' }, value: 20 }],
  },
  {
    alert: 'BruteForceByAddress',
    title: 'is quiet about successes, about lines that quote a failure, and after 2 minutes',
    lines: [
      succeeded({ user: 'bob', client: '10.0.0.1', ago: times(30) }),
      succeeded({ user: '"msg":"Failed login attempt"', client: '10.0.0.1', ago: times(30) }),
      {
        ...failed({ user: 'bob', client: '10.0.0.1', ago: times(30) }),
        line: 'Failed login attempt',
      },
      failed({ user: 'bob', client: '10.0.0.1', ago: times(30, 121) }),
    ],
    fires: [],
  },
  {
    alert: 'BruteForceByUser',
    title: 'fires at 20 failures, from whatever addresses, and not at 19',
    lines: [...ofOne('root', 20), ...ofOne('admin', 19)],
    fires: [{ labels: { ...where, user: 'root' }, value: 20 }],
  },
  {
    alert: 'BruteForceByUser',
    title: 'is quiet when each user fails a few times',
    lines: fromOne('10.0.0.1', 50),
    fires: [],
  },
  {
    alert: 'LoginAfterFailures',
    title: 'fires for the address and for the user that succeed after 5 failures',
    lines: [
      ...fromOne('10.0.0.5', 5),
      succeeded({ user: 'new', client: '10.0.0.5', ago: [5] }),
      ...ofOne('root', 5),
      succeeded({ user: 'root', client: '10.0.0.6', ago: [5] }),
    ],
    fires: [
      { labels: { ...where, client: '10.0.0.5' }, value: 5 },
      { labels: { ...where, user: 'root' }, value: 5 },
    ],
  },
  {
    alert: 'LoginAfterFailures',
    title: 'is quiet after 4 failures, before the failures, without a success, and after 2 minutes',
    lines: [
      failed({ user: 'four', client: '10.0.0.4', ago: times(4) }),
      succeeded({ user: 'four', client: '10.0.0.4', ago: [5] }),
      succeeded({ user: 'before', client: '10.0.0.7', ago: [60] }),
      failed({ user: 'before', client: '10.0.0.7', ago: times(9) }),
      failed({ user: 'never', client: '10.0.0.8', ago: times(9) }),
      failed({ user: 'old', client: '10.0.0.9', ago: times(9, 140) }),
      succeeded({ user: 'old', client: '10.0.0.9', ago: [121] }),
    ],
    fires: [],
  },
]);
