import { NOT_ALLOWED } from '../kubernetes/nginx';
import { LOG_JOBS, streams } from './streams';

/** Field of a JSON line that says which request it is about; the same in web servers and apps. */
export const REQUEST_ID_FIELD = 'requestId';

/** A selector of streams with matchers of one's own, such as `app=~"nginx|apache"`. */
export const matching = (job: keyof typeof LOG_JOBS, ...matchers: readonly string[]): string =>
  `{${[`job="${LOG_JOBS[job]}"`, ...matchers].join(', ')}}`;

/** Lines with a text in them, of web servers and of what runs in containers. */
export const withText = (text: string): string =>
  `{job=~"${LOG_JOBS.access}|${LOG_JOBS.server}|${LOG_JOBS.container}"} |= \`${text}\``;

/** Attempts to log in to an app, which logs a line of JSON for each; labels `user` and `client`. */
export const appLogins = {
  failed: appLogin('Failed login attempt'),
  succeeded: appLogin('Login succeeded'),
} as const;

function appLogin(message: string): string {
  return `${streams('container')} |= \`"msg":"${message}"\` | json user="user", client="client" | __error__=""`;
}

/** Attempts to log in to a node, one line for each; labels `user` and `client`. */
export const sshLogins = {
  failed: sshLogin('Failed'),
  succeeded: sshLogin('Accepted'),
} as const;

/**
 * OpenSSH 9.8 and later name the process of a session `sshd-session`. The last address of a line is the right one: a
 * stranger may choose a user name that looks like another.
 */
function sshLogin(verdict: string): string {
  return (
    `${streams('journal')} |~ \`^${verdict} \\S+ for \` | identifier=~"sshd(-session)?"` +
    ` | regexp \`^${verdict} \\S+ for (?:invalid user )?(?P<user>.*) from (?P<client>\\S+) port \\d+ ssh2\``
  );
}

/** Commands that were run, or refused, as another user; labels `user` and `command`. */
export const sudoCommands =
  `${streams('journal')} |= \`COMMAND=\` | identifier="sudo"` +
  ' | regexp `^\\s*(?P<user>\\S+) : .*COMMAND=(?P<command>.+)$`';

/**
 * Connections that a server of ours turned away: a handshake without a certificate that it trusts, or a certificate of
 * someone who has no business there. A probe of the port alone ends before the handshake and is left out.
 */
export const refusedConnections =
  `${streams('container')} |~ \`TLS handshake error|identity not allowed|${NOT_ALLOWED}\`` +
  ' !~ `: EOF|connection reset by peer`';

const WRITES = 'verb=~"create|update|patch|delete|deletecollection"';

/** Requests to the API server that security cares about; labels are the metadata of the audit log. */
export const audited = {
  /** All that was created, changed or deleted. */
  changes: audit(WRITES),
  /** Entering a pod, or tunnelling to one. */
  podAccess: audit('subresource=~"exec|attach|portforward|ephemeralcontainers"'),
  secretReads: audit('resource="secrets"', 'verb=~"get|list|watch"'),
  /** Rights given and taken. */
  rbacChanges: audit('resource=~"(cluster)?role(binding)?s"', WRITES),
  anonymous: audit('user="system:anonymous"'),
  refused: audit('code=~"401|403"'),
} as const;

function audit(...filters: readonly string[]): string {
  return [streams('audit'), ...filters].join(' | ');
}

/**
 * Audited lines without the end of what was told when it began: a session in a pod may last for hours, a watch for
 * minutes. Cheaper than to count ids, and right but for what began before the time that is looked at.
 */
export const onceEach = (audited: string): string =>
  `${audited} !~ \`"stage":"ResponseComplete".*("code":101|"verb":"watch".*"code":200)\``;
