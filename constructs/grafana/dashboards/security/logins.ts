import { appLogins, sshLogins, sudoCommands } from '../../../loki/selectors';
import { thresholds, type StatBuilder, type TableBuilder, type TimeSeriesBuilder } from '../common';
import { lineCount, linesByKind, mostFrequent } from '../log-panels';
import { ofRow, toLinesOfApp, toLinesOfNode } from '../to-logs';

/** Who tried to log in, to the apps and to the nodes, and who acts there as someone else. */
export const logins = (): readonly (StatBuilder | TimeSeriesBuilder | TableBuilder)[] => [
  ...counts(),
  attempts(),
  appFailures(),
  sshFailures(),
  appSuccesses(),
  sshSuccesses(),
  sudo(),
];

const counts = (): StatBuilder[] =>
  [
    lineCount({
      title: 'Failed logins to apps',
      description: 'Attempts to log in to an app that were refused, in the time shown.',
      alerts: ['BruteForceByAddress', 'BruteForceByUser'],
      thresholds: thresholds.zeroIsCalm,
      lines: appLogins.failed,
    }),
    lineCount({
      title: 'Logins to apps',
      description: 'Attempts to log in to an app that succeeded, in the time shown.',
      alerts: ['LoginAfterFailures'],
      thresholds: thresholds.none,
      lines: appLogins.succeeded,
    }),
    lineCount({
      title: 'Failed logins to nodes',
      description: 'Attempts to log in to a node over SSH that were refused, in the time shown.',
      alerts: ['SshBruteForce'],
      thresholds: thresholds.zeroIsCalm,
      lines: sshLogins.failed,
    }),
    lineCount({
      title: 'Logins to nodes',
      description: 'Attempts to log in to a node over SSH that succeeded, in the time shown.',
      alerts: ['SshLoginAfterFailures'],
      thresholds: thresholds.zeroIsCalm,
      lines: sshLogins.succeeded,
    }),
  ].map((panel) => panel.span(6));

const attempts = (): TimeSeriesBuilder =>
  linesByKind({
    title: 'Attempts to log in',
    description:
      'Attempts in each step of the graph. A burst of failures is someone who guesses; a success right after one, that they guessed well.',
    alerts: ['LoginAfterFailures', 'SshLoginAfterFailures'],
    emptyWhenWell: 'nobody has tried to log in',
    kinds: {
      'app, failed': appLogins.failed,
      'app, succeeded': appLogins.succeeded,
      'node, failed': sshLogins.failed,
      'node, succeeded': sshLogins.succeeded,
    },
  }).span(24);

const appFailures = (): TableBuilder =>
  mostFrequent({
    title: 'Failed logins to apps, by user and address',
    description:
      'Whose password was tried, and from where. One address with many users, or one user from many addresses, is an attack.',
    alerts: ['BruteForceByAddress', 'BruteForceByUser'],
    emptyWhenWell: 'no login to an app was refused',
    lines: appLogins.failed,
    by: ['app', 'user', 'client'],
    counted: 'attempts',
  }).dataLinks([toLinesOfApp(ofRow)]);

const sshFailures = (): TableBuilder =>
  mostFrequent({
    title: 'Failed logins to nodes, by user and address',
    description: 'Whose password or key was tried over SSH, on which node, and from where.',
    alerts: ['SshBruteForce'],
    emptyWhenWell: 'no login to a node was refused',
    lines: sshLogins.failed,
    by: ['node', 'user', 'client'],
    counted: 'attempts',
  }).dataLinks([toLinesOfNode(ofRow)]);

const appSuccesses = (): TableBuilder =>
  mostFrequent({
    title: 'Logins to apps, by user and address',
    description: 'Who logged in to an app, and from where.',
    alerts: ['LoginAfterFailures'],
    emptyWhenWell: 'nobody has logged in to an app',
    lines: appLogins.succeeded,
    by: ['app', 'user', 'client'],
    counted: 'logins',
  })
    .span(8)
    .dataLinks([toLinesOfApp(ofRow)]);

const sshSuccesses = (): TableBuilder =>
  mostFrequent({
    title: 'Logins to nodes, by user and address',
    description: 'Who logged in to a node over SSH, and from where.',
    alerts: ['SshLoginAfterFailures'],
    emptyWhenWell: 'nobody has logged in to a node',
    lines: sshLogins.succeeded,
    by: ['node', 'user', 'client'],
    counted: 'logins',
  })
    .span(8)
    .dataLinks([toLinesOfNode(ofRow)]);

const sudo = (): TableBuilder =>
  mostFrequent({
    title: 'Commands as someone else',
    description: 'What was run, or refused, with sudo on the nodes, and by whom.',
    alerts: ['SudoAbuse'],
    emptyWhenWell: 'nobody has used sudo on a node',
    lines: sudoCommands,
    by: ['node', 'user', 'command'],
    counted: 'commands',
  })
    .span(8)
    .dataLinks([toLinesOfNode(ofRow)]);
