import { clean, clip } from '../../messages/text';
import type { Outcome } from '../../model';

/** What nodemailer adds to its errors. */
export interface SmtpError {
  /** `EAUTH`, `ECONNECTION` … */
  readonly code?: unknown;
  /** Of the server's answer; absent when there was none. */
  readonly responseCode?: unknown;
  /** What was answered so, such as `MAIL FROM`. */
  readonly command?: unknown;
  /** One for each refused recipient, also where others were accepted. */
  readonly rejectedErrors?: unknown;
  /** In one of `rejectedErrors`: whom it is about. */
  readonly recipient?: unknown;
  readonly message?: unknown;
}

/**
 * What a failed mail means. A server that is away, or that answers 4xx, may take it later; one that refuses the
 * account, the sender or all recipients will refuse every mail; what is left is about this mail.
 */
export function mailFailure(error: unknown): Outcome {
  const { code, responseCode, command, message } = (error ?? {}) as SmtpError;
  const answer = typeof responseCode === 'number' ? responseCode : undefined;
  const reason = `the mail server ${answer === undefined ? silence(message) : saying(answer, command)}`;
  if (answer === undefined || answer < 500) return { kind: 'retry', reason };
  if (isAboutUs(answer, code, command)) return { kind: 'unhealthy', reason };
  return { kind: code === 'EENVELOPE' || code === 'EMESSAGE' ? 'refused' : 'retry', reason };
}

/**
 * The account, the sender or the recipients are not welcome: 530 asks for a login, 535 refuses it (RFC 4954). Nothing
 * of the mail itself was sent by then.
 */
const isAboutUs = (answer: number, code: unknown, command: unknown): boolean =>
  code === 'EAUTH' ||
  answer === 530 ||
  answer === 535 ||
  command === 'MAIL FROM' ||
  command === 'RCPT TO';

/** Without the server's own words, which may repeat addresses. */
function saying(answer: number, command: unknown): string {
  const stage =
    typeof command === 'string' ? ` to ${command.split(' ').slice(0, 2).join(' ')}` : '';
  return `answered ${answer}${stage}`;
}

/** Our own words then: of the resolver, the socket or the check of the certificate. */
const silence = (message: unknown): string =>
  typeof message === 'string' ? `did not answer: ${clip(clean(message), 120)}` : 'did not answer';
