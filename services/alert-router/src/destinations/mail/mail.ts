import { createTransport, type Transporter } from 'nodemailer';
import type { Delivery, Destination, Message, Outcome } from '../../model';
import type { DestinationContext } from '../context';
import type { SmtpAddress } from './address';
import { composeMail, type Mail } from './compose';
import { mailFailure } from './outcome';
import { Recipients } from './recipients';

/** Time for a server to take one mail once the connection stands; milliseconds. */
const SOCKET_TIMEOUT_MS = 30_000;

export interface Mailbox {
  readonly from: string;
  readonly to: readonly string[];
}

/** Mail to people, through an SMTP server. */
export class MailDestination implements Destination {
  readonly kind = 'mail';
  private readonly transport: Transporter;
  private readonly domain: string;
  private readonly recipients: Recipients;

  constructor(
    readonly name: string,
    server: SmtpAddress,
    private readonly mailbox: Mailbox,
    private readonly context: DestinationContext,
  ) {
    this.domain = /@([^@>\s]+)>?\s*$/.exec(mailbox.from)?.[1] ?? 'localhost';
    this.recipients = new Recipients(mailbox.to.length, context.clock);
    this.transport = createTransport({
      pool: true,
      maxConnections: 1,
      // A mail that the server may have taken is repeated by the lane, which counts it.
      maxRequeues: 0,
      host: server.host,
      port: server.port,
      secure: server.implicitTls,
      requireTLS: server.requireTls,
      auth: server.auth,
      connectionTimeout: context.timeoutMs,
      greetingTimeout: context.timeoutMs,
      dnsTimeout: context.timeoutMs,
      socketTimeout: SOCKET_TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    // Trouble of a connection reaches the mail that it carries; without a listener an idle one would end the process.
    this.transport.on('error', () => undefined);
  }

  waitMs(): number {
    return 0;
  }

  compose(pending: readonly Delivery[]): Message {
    const mail = this.recipients.unfinished(pending) ?? this.write(pending);
    const { delivered, coalesced } = mail;
    return { delivered, coalesced, send: (signal) => this.send(mail, signal) };
  }

  /** Connects and signs in. */
  async verify(): Promise<Outcome> {
    try {
      await this.transport.verify();
      return { kind: 'delivered' };
    } catch (error) {
      return mailFailure(error);
    }
  }

  close(): void {
    this.transport.close();
  }

  private write(pending: readonly Delivery[]): Mail {
    const { links, clock } = this.context;
    return composeMail(pending, { links, now: clock.now().getTime() }, this.domain);
  }

  private async send(mail: Mail, signal: AbortSignal): Promise<Outcome> {
    const { subject, text, html, messageId, threadId } = mail;
    const { from, to } = this.mailbox;
    const left = this.recipients.left(mail);
    const thread =
      threadId === undefined ? {} : { inReplyTo: `<${threadId}>`, references: `<${threadId}>` };
    try {
      const info = await this.transport.sendMail({
        from,
        to: [...to],
        ...(left === undefined ? {} : { envelope: { from, to: [...left] } }),
        subject,
        text,
        html,
        messageId: `<${messageId}>`,
        ...thread,
        date: this.context.clock.now(),
        // So that nobody's absence notice answers: RFC 3834.
        headers: { 'Auto-Submitted': 'auto-generated', Precedence: 'bulk' },
        signal,
      });
      return this.recipients.taken(mail, info);
    } catch (error) {
      if (signal.aborted) return { kind: 'retry', reason: 'stopped' };
      return this.recipients.refused(mail, error) ?? mailFailure(error);
    }
  }
}
