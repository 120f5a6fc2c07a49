import { nodes } from '../../../../constructs/loki/rules/nodes';
import { parseSettings } from '../../../../constructs/settings';
import { describeLogRules, times, type Said } from '../../../support/log-rule-tests';

const group = nodes(parseSettings({}));

const journal = (identifier: string, line: string, ago: readonly number[], node = 'a'): Said => ({
  job: 'journal',
  labels: { node },
  metadata: { identifier },
  line,
  ago,
});

interface Attempt {
  readonly client: string;
  readonly ago: readonly number[];
  readonly user?: string;
  readonly node?: string;
}

/** Lines of OpenSSH 9.2 and its PAM module on Debian 12. */
const ssh = {
  wrong: ({ user = 'root', client, ago, node }: Attempt): Said =>
    journal('sshd', `Failed password for ${user} from ${client} port 40022 ssh2`, ago, node),
  unknown: ({ user = 'oracle', client, ago, node }: Attempt): Said =>
    journal('sshd', `Invalid user ${user} from ${client} port 40022`, ago, node),
  pam: ({ client, ago, node }: Attempt): Said =>
    journal(
      'sshd',
      `pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=${client}  user=root`,
      ago,
      node,
    ),
  accepted: ({ user = 'root', client, ago, node }: Attempt): Said =>
    journal(
      'sshd',
      `Accepted publickey for ${user} from ${client} port 40022 ssh2: ED25519 SHA256:b2xpdmU`,
      ago,
      node,
    ),
};

const sudo = (line: string, ago: readonly number[] = [30]): Said =>
  journal('sudo', `${line} ; TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/id`, ago);

describeLogRules(group, [
  {
    alert: 'SshBruteForce',
    title: 'fires at 10 attempts of an address at a node, in whichever way they are told',
    lines: [
      ssh.wrong({ client: '10.0.0.10', ago: times(10) }),
      ssh.unknown({ client: '10.0.0.11', ago: times(10) }),
      ssh.pam({ client: '10.0.0.12', ago: times(10) }),
      ssh.wrong({ client: '2001:db8::1', ago: times(12), node: 'b' }),
      {
        ...ssh.wrong({ client: '10.0.0.13', ago: times(10) }),
        metadata: { identifier: 'sshd-session' },
      },
      ssh.wrong({ client: '10.0.0.9', ago: times(9) }),
    ],
    fires: [
      { labels: { node: 'a', client: '10.0.0.10' }, value: 10 },
      { labels: { node: 'a', client: '10.0.0.11' }, value: 10 },
      { labels: { node: 'a', client: '10.0.0.12' }, value: 10 },
      { labels: { node: 'a', client: '10.0.0.13' }, value: 10 },
      { labels: { node: 'b', client: '2001:db8::1' }, value: 12 },
    ],
  },
  {
    alert: 'SshBruteForce',
    title: 'is quiet about 9 attempts told in three ways, other programs, and after 5 minutes',
    lines: [
      ssh.wrong({ client: '10.0.0.9', ago: times(9) }),
      ssh.unknown({ client: '10.0.0.9', ago: times(9) }),
      ssh.pam({ client: '10.0.0.9', ago: times(9) }),
      { ...ssh.wrong({ client: '10.0.0.8', ago: times(20) }), metadata: { identifier: 'logger' } },
      ssh.wrong({ client: '10.0.0.7', ago: times(20, 301) }),
    ],
    fires: [],
  },
  {
    alert: 'SshBruteForce',
    title: 'names the true address, whatever the user calls himself',
    lines: [
      ssh.wrong({
        user: 'invalid user x from 8.8.8.8 port 22 ssh2',
        client: '10.0.0.66',
        ago: times(10),
      }),
      ssh.unknown({ user: 'x rhost=8.8.8.8', client: '10.0.0.66', ago: times(10) }),
    ],
    fires: [{ labels: { node: 'a', client: '10.0.0.66' }, value: 10 }],
  },
  {
    alert: 'SshLoginAfterFailures',
    title: 'fires when an address gets in after 5 failures at the same node',
    lines: [
      ssh.wrong({ client: '10.0.0.5', ago: times(5) }),
      ssh.accepted({ client: '10.0.0.5', ago: [5] }),
      ssh.unknown({ client: '10.0.0.6', ago: times(6), node: 'b' }),
      ssh.accepted({ client: '10.0.0.6', ago: [5], node: 'b' }),
    ],
    fires: [
      { labels: { node: 'a', client: '10.0.0.5' }, value: 5 },
      { labels: { node: 'b', client: '10.0.0.6' }, value: 6 },
    ],
  },
  {
    alert: 'SshLoginAfterFailures',
    title: 'is quiet after 4 failures, before them, at another node, and after 2 minutes',
    lines: [
      ssh.wrong({ client: '10.0.0.4', ago: times(4) }),
      ssh.accepted({ client: '10.0.0.4', ago: [5] }),
      ssh.accepted({ client: '10.0.0.7', ago: [60] }),
      ssh.wrong({ client: '10.0.0.7', ago: times(9) }),
      ssh.wrong({ client: '10.0.0.8', ago: times(9) }),
      ssh.accepted({ client: '10.0.0.8', ago: [5], node: 'b' }),
      ssh.wrong({ client: '10.0.0.9', ago: times(9, 140) }),
      ssh.accepted({ client: '10.0.0.9', ago: [121] }),
    ],
    fires: [],
  },
  {
    alert: 'SudoAbuse',
    title: 'fires for the first command that is refused, and for 3 wrong passwords',
    lines: [
      sudo('mallory : user NOT in sudoers'),
      sudo('  eve : command not allowed', [30, 60]),
      sudo('bob : 3 incorrect password attempts'),
      sudo('carol : 1 incorrect password attempt', [30, 40, 50]),
      sudo('dave : 1 incorrect password attempt', [30, 40]),
    ],
    fires: [
      { labels: { node: 'a', user: 'mallory' }, value: 1 },
      { labels: { node: 'a', user: 'eve' }, value: 2 },
      { labels: { node: 'a', user: 'bob' }, value: 3 },
      { labels: { node: 'a', user: 'carol' }, value: 3 },
    ],
  },
  {
    alert: 'SudoAbuse',
    title: 'is quiet about 2 wrong passwords, and commands that speak of refusals',
    lines: [
      sudo('dave : 2 incorrect password attempts'),
      journal('sudo', 'root : TTY=pts/0 ; COMMAND=/bin/echo x : user NOT in sudoers', [30]),
      journal(
        'sudo',
        'root : TTY=pts/0 ; COMMAND=/bin/echo x : 9 incorrect password attempts',
        [30],
      ),
      journal('logger', 'mallory : user NOT in sudoers ; TTY=pts/0', [30]),
      sudo('mallory : user NOT in sudoers', [301]),
    ],
    fires: [],
  },
]);
