import { alert, type Alert, type RuleGroup } from '../../prometheus/rules/rule';
import type { Settings } from '../../settings';
import { sshLogins } from '../selectors';
import { streams } from '../streams';
import { countOf, loginAfterFailures, type Limits } from './expressions';

/** Who tries to get into a node, or to become someone else on it. */
export const nodes = ({ thresholds: { logs } }: Settings): RuleGroup => ({
  name: 'node-logins',
  rules: [sshBruteForce(logs), sshLoginAfterFailures(logs), sudoRefused(logs), sudoPasswords(logs)],
});

/**
 * Failed attempts, as each kind of server reports them: a wrong password, a user that does not exist (all that one
 * without passwords says), and what PAM says. The last address of a line is the right one: before it may stand a user
 * name that looks like another; after it PAM names only users that exist.
 */
const attempts = {
  lines:
    `${streams('journal')} |~ \`^Failed |^Invalid user |authentication failure;\`` +
    ' | identifier=~"sshd(-session)?"' +
    ' | regexp `(?P<kind>^Failed|^Invalid user|authentication failure;) .*(?: from |rhost=)(?P<client>\\S+)`' +
    ' | client!=""',
  by: 'node, client',
};

/** One attempt may be reported in several ways, so they are counted apart, and the largest number is it. */
const attemptsOf = (window: string): string =>
  `max by (${attempts.by}) (${countOf({ ...attempts, by: `${attempts.by}, kind` }, window)})`;

const common = { for: '0s', category: 'log' } as const;

const sshBruteForce = ({ failedSshLogins, window }: Limits): Alert =>
  alert({
    ...common,
    name: 'SshBruteForce',
    expr: `${attemptsOf(window)} >= ${failedSshLogins}`,
    severity: 'warning',
    service: 'ssh',
    summary: 'Passwords are guessed at node {{ $labels.node }}, from {{ $labels.client }}.',
    description: `{{ $value }} SSH logins failed within ${window}.`,
  });

const sshLoginAfterFailures = ({ failuresBeforeLogin, window }: Limits): Alert =>
  alert({
    ...common,
    name: 'SshLoginAfterFailures',
    expr: loginAfterFailures({
      ...attempts,
      succeeded: sshLogins.succeeded,
      failures: attemptsOf(window),
      window,
      least: failuresBeforeLogin,
    }),
    severity: 'critical',
    service: 'ssh',
    summary: '{{ $labels.client }} may have guessed a password of node {{ $labels.node }}.',
    description: `An SSH login succeeded after failures, of which there were {{ $value }} within ${window}.`,
  });

/** Who runs sudo stands at the beginning; a command that he chose stands at the end. */
const sudo = (text: string, said: string): string =>
  `${streams('journal')} |~ \`${text}\` | identifier="sudo"` +
  ` | regexp \`^\\s*(?P<user>\\S+) : ${said}\` | user!=""`;

const sudoAlert = (props: { expr: string; description: string }): Alert =>
  alert({
    ...common,
    ...props,
    name: 'SudoAbuse',
    severity: 'warning',
    service: 'sudo',
    summary: '{{ $labels.user }} tries to become someone else on node {{ $labels.node }}.',
  });

const REFUSED = '(?:user NOT in sudoers|user NOT authorized on host|command not allowed)';

const sudoRefused = ({ window }: Limits): Alert =>
  sudoAlert({
    expr: `${countOf({ lines: sudo(REFUSED, REFUSED), by: 'node, user' }, window)} > 0`,
    description: `sudo has refused {{ $value }} commands within ${window}: he may not run them.`,
  });

/** sudo asks three times and then writes one line, with the number of attempts. */
const sudoPasswords = ({ sudoPasswords: least, window }: Limits): Alert => {
  const lines = sudo('incorrect password attempt', '(?P<attempts>\\d+) incorrect password attempt');
  return sudoAlert({
    expr: `sum by (node, user) (sum_over_time(${lines} | unwrap attempts [${window}])) >= ${least}`,
    description: `sudo has got {{ $value }} wrong passwords within ${window}.`,
  });
};
