import { isLoopback } from '../loopback';

/** An SMTP server and the account there. */
export interface SmtpAddress {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; else STARTTLS. */
  readonly implicitTls: boolean;
  /** Nothing is sent without TLS, but for a server on this very machine. */
  readonly requireTls: boolean;
  /** Secret. */
  readonly auth?: { readonly user: string; readonly pass: string };
}

const FORM = 'smtps://user:password@host:465 or smtp://user:password@host:587';
const PORTS: Readonly<Record<string, number>> = { 'smtps:': 465, 'smtp:': 587 };

/**
 * Reads a credential. Errors repeat nothing of it.
 *
 * @throws Error with one line that says what an SMTP URL looks like
 */
export function parseSmtpUrl(credential: string): SmtpAddress {
  const text = credential.trim();
  if (!URL.canParse(text)) throw new Error(`the credential is no URL, expected ${FORM}`);
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text);
  const defaultPort = PORTS[protocol];
  if (defaultPort === undefined || hostname === '') {
    throw new Error(`the credential is no SMTP URL, expected ${FORM}`);
  }
  if (!['', '/'].includes(pathname + search + hash)) {
    throw new Error(`the SMTP URL ends after the port, as in ${FORM}`);
  }
  if ((username === '') !== (password === '')) {
    throw new Error(`the SMTP URL has a user or a password, but not both, expected ${FORM}`);
  }
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? defaultPort : Number(port),
    implicitTls: protocol === 'smtps:',
    requireTls: protocol === 'smtp:' && !isLoopback(hostname),
    auth: accountOf(username, password),
  };
}

function accountOf(username: string, password: string): SmtpAddress['auth'] {
  return username === '' ? undefined : { user: decode(username), pass: decode(password) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('a % in the user or the password of the SMTP URL must be written %25');
  }
}
