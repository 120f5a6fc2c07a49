import { alert, type Alert, type RuleGroup } from '../../prometheus/rules/rule';
import type { Settings } from '../../settings';
import { appLogins } from '../selectors';
import { countOf, loginAfterFailures, type Limits, type Lines } from './expressions';

/** What is tried: many passwords from one address, or for one user from many. */
const SUBJECTS = {
  client: { alert: 'BruteForceByAddress', name: 'the address {{ $labels.client }}' },
  user: { alert: 'BruteForceByUser', name: 'the user {{ $labels.user }}' },
} as const;

type Subject = keyof typeof SUBJECTS;
/** Logins to applications. */
export const logins = ({ thresholds: { logs } }: Settings): RuleGroup => ({
  name: 'logins',
  rules: [
    bruteForce('client', logs),
    bruteForce('user', logs),
    loginAfter('client', logs),
    loginAfter('user', logs),
  ],
});

const common = { for: '0s', service: '{{ $labels.app }}', category: 'log' } as const;

const failed = (subject: Subject): Lines => ({
  lines: appLogins.failed,
  by: `namespace, app, ${subject}`,
});

const bruteForce = (subject: Subject, { failedLogins }: Limits): Alert =>
  alert({
    ...common,
    name: SUBJECTS[subject].alert,
    expr: `${countOf(failed(subject), '2m')} >= ${failedLogins}`,
    severity: 'warning',
    summary: `Passwords are guessed at {{ $labels.app }}: ${SUBJECTS[subject].name}.`,
    description: '{{ $value }} logins failed within 2 minutes.',
  });

const loginAfter = (subject: Subject, { failuresBeforeLogin, window }: Limits): Alert =>
  alert({
    ...common,
    name: 'LoginAfterFailures',
    expr: loginAfterFailures({
      ...failed(subject),
      succeeded: appLogins.succeeded,
      failures: countOf(failed(subject), window),
      window,
      least: failuresBeforeLogin,
    }),
    severity: 'critical',
    summary: `A password of {{ $labels.app }} may have been guessed: ${SUBJECTS[subject].name}.`,
    description: `A login succeeded after failures, of which there were {{ $value }} within ${window}.`,
  });
