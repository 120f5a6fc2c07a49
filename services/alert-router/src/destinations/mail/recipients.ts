import type { Clock } from '../../../../shared/clock';
import type { Delivery, Outcome } from '../../model';
import { keyOfDeliveries } from '../keys';
import type { Mail } from './compose';
import type { SmtpError } from './outcome';

/**
 * How long all wait for a recipient whom the server defers; milliseconds. Greylisting commonly takes what comes again
 * after five minutes (the default of Postgrey), and the last repetition comes after this time.
 */
const PATIENCE_MS = 300_000;

/** What a server answered about one recipient. */
interface Rejection {
  readonly recipient: string;
  readonly answer: number;
}

/** A mail that some have and some have not. */
interface Unfinished {
  readonly mail: Mail;
  /** Those who may get it yet. */
  readonly left: readonly string[];
  /** Those who will not. */
  readonly refused: readonly Rejection[];
}

/** What of a mail that was sent says who has it. */
interface Taken {
  readonly accepted?: readonly unknown[];
  readonly rejectedErrors?: unknown;
}

/**
 * Who of a destination's recipients has the mail on its way, when the server takes it for some only: those it defers
 * are tried again alone, so that nobody gets it twice.
 */
export class Recipients {
  private current: Unfinished | undefined;
  /** Since when the server takes nothing for a recipient; monotonic milliseconds. */
  private readonly deferredSince = new Map<string, number>();

  constructor(
    private readonly count: number,
    private readonly clock: Clock,
  ) {}

  /** The mail that some recipients still wait for, as long as all that it tells is pending. */
  unfinished(pending: readonly Delivery[]): Mail | undefined {
    if (!this.current) return undefined;
    const { mail } = this.current;
    const keys = new Set(pending.map(keyOf));
    const isWhole = [...mail.delivered, ...mail.coalesced].every((row) => keys.has(keyOf(row)));
    return isWhole ? mail : undefined;
  }

  /** Those whom a mail has yet to reach; undefined when that is all of them. */
  left(mail: Mail): readonly string[] | undefined {
    return this.current?.mail === mail ? this.current.left : undefined;
  }

  /** The server took the mail, for some recipients at least. */
  taken(mail: Mail, { accepted = [], rejectedErrors }: Taken): Outcome {
    for (const recipient of accepted) this.deferredSince.delete(String(recipient));
    return this.settle(mail, rejectionsIn(rejectedErrors));
  }

  /** The server refused the mail. Undefined when no recipient has it, or when it did not come to the recipients. */
  refused(mail: Mail, error: unknown): Outcome | undefined {
    const left = this.left(mail);
    const { rejectedErrors, responseCode, command } = (error ?? {}) as SmtpError;
    if (!left || typeof responseCode !== 'number') return undefined;
    if (command === 'RCPT TO') return this.settle(mail, rejectionsIn(rejectedErrors));
    if (command !== 'DATA') return undefined;
    return this.settle(
      mail,
      left.map((recipient) => ({ recipient, answer: responseCode })),
    );
  }

  private settle(mail: Mail, rejections: readonly Rejection[]): Outcome {
    const waiting = rejections.filter((rejection) => this.isWaitedFor(rejection));
    const before = this.left(mail) === undefined ? [] : (this.current?.refused ?? []);
    const refused = [...before, ...rejections.filter((one) => !waiting.includes(one))];
    if (waiting.length > 0) {
      const left = waiting.map(({ recipient }) => recipient);
      this.current = { mail, left, refused };
      return { kind: 'retry', reason: this.saying(waiting, 'deferred') };
    }
    this.current = undefined;
    const { messageId } = mail;
    if (refused.length === 0) return { kind: 'delivered', messageId };
    return { kind: 'delivered', messageId, warning: this.saying(refused, 'refused') };
  }

  /** Not for ever: one full mailbox must not keep the others from their mails. */
  private isWaitedFor({ recipient, answer }: Rejection): boolean {
    if (answer >= 500) return false;
    const now = this.clock.monotonic();
    const since = this.deferredSince.get(recipient) ?? now;
    this.deferredSince.set(recipient, since);
    return now - since < PATIENCE_MS;
  }

  /** Without addresses, as all reasons. */
  private saying(rejections: readonly Rejection[], what: string): string {
    const answers = [...new Set(rejections.map(({ answer }) => answer))].join(', ');
    return `${rejections.length} of ${this.count} recipients ${what}: the mail server answered ${answers}`;
  }
}

const keyOf = (row: Delivery): string => keyOfDeliveries([row]);

function rejectionsIn(errors: unknown): Rejection[] {
  if (!Array.isArray(errors)) return [];
  return (errors as SmtpError[]).map(({ recipient, responseCode }) => ({
    recipient: String(recipient),
    answer: Number(responseCode),
  }));
}
