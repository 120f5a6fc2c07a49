import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import PostalMime, { type Email } from 'postal-mime';
import {
  SMTPServer,
  type SMTPServerAuthentication,
  type SMTPServerDataStream,
  type SMTPServerSession,
} from 'smtp-server';
import { type Clock, systemClock } from './clock';

export interface FakeMailboxOptions {
  /** Address to listen on. @default '127.0.0.1' */
  readonly host?: string;
  /** @default - a free one */
  readonly port?: number;
  /** Certificate and key as PEM. @default - no TLS at all */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** With `tls`: TLS from the first byte, instead of STARTTLS. @default false */
  readonly implicitTls?: boolean;
  /** Host in the URL, when the certificate names another than `host`. @default - host */
  readonly publicHost?: string;
  /** Who may send, by PLAIN or LOGIN. @default - everyone, without a password */
  readonly login?: { readonly user: string; readonly password: string };
  /** For the times that are written down. @default - the machine's */
  readonly clock?: Clock;
}

/** How the server treats its callers. */
export type MailboxMode =
  | { readonly kind: 'normal' }
  /** 4xx to each mail: try again later. */
  | { readonly kind: 'rejectTemporarily' }
  /** 5xx to each mail: never. */
  | { readonly kind: 'rejectForGood' }
  /** This answer to one recipient, 550 unless told otherwise; the others are served. */
  | { readonly kind: 'rejectRecipient'; readonly address: string; readonly answer?: number }
  /** The connection breaks in the middle of each mail. */
  | { readonly kind: 'drop' }
  /** The connection breaks after the mail was kept, before the answer. */
  | { readonly kind: 'dropAfterAccept' }
  /** The answer to each mail takes this long. */
  | { readonly kind: 'slow'; readonly ms: number };

/** A mail that was taken. */
export interface RecordedMail {
  readonly at: Date;
  /** Of the envelope. */
  readonly from: string;
  /** Of the envelope. */
  readonly to: readonly string[];
  readonly raw: string;
  readonly parsed: Email;
  /** Whether it came over TLS. */
  readonly secure: boolean;
}

interface Events {
  mail: [RecordedMail];
}

type Callback = (error?: Error | null) => void;

/** A mail server on this machine that keeps what it is sent, and fails on request. */
export class FakeMailbox extends EventEmitter<Events> {
  /** Oldest first. */
  readonly mails: RecordedMail[] = [];
  mode: MailboxMode = { kind: 'normal' };
  private readonly clock: Clock;
  private server: SMTPServer;
  private port: number;

  constructor(private readonly options: FakeMailboxOptions = {}) {
    super();
    this.clock = options.clock ?? systemClock;
    this.port = options.port ?? 0;
    this.server = this.build();
  }

  /** `smtp://user:password@host:port`, or `smtps:` when TLS comes first. */
  get url(): string {
    const { login, tls, implicitTls } = this.options;
    const scheme = tls && implicitTls ? 'smtps' : 'smtp';
    const user = login
      ? `${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@`
      : '';
    return `${scheme}://${user}${this.options.publicHost ?? this.host}:${this.port}`;
  }

  /**
   * Listens; on the port it had, when it listened before.
   *
   * @throws Error when the port cannot be bound
   */
  async listen(): Promise<void> {
    this.server = this.build();
    const listening = this.server.listen(this.port, this.host);
    await once(listening, 'listening');
    this.port = (listening.address() as AddressInfo).port;
  }

  /** Connections are refused, and those that are open break; `listen` ends it. */
  async refuse(): Promise<void> {
    if (!this.server.server.listening) return;
    const closed = new Promise<void>((resolve) => this.server.close(resolve));
    for (const { _socket } of this.server.connections) _socket.destroy();
    await closed;
  }

  /** Ends it for good. */
  async close(): Promise<void> {
    await this.refuse();
  }

  /** Duplicates by Message-ID, which a sender repeats when it does not know what became of a mail. */
  get duplicates(): RecordedMail[] {
    return this.mails.filter(
      ({ parsed: { messageId } }, index) =>
        messageId !== undefined &&
        this.mails.findIndex(({ parsed }) => parsed.messageId === messageId) < index,
    );
  }

  private get host(): string {
    return this.options.host ?? '127.0.0.1';
  }

  private build(): SMTPServer {
    const { tls, implicitTls = false, login } = this.options;
    const server = new SMTPServer({
      ...tls,
      secure: tls !== undefined && implicitTls,
      disabledCommands: [...(tls ? [] : ['STARTTLS']), ...(login ? [] : ['AUTH'])],
      authOptional: login === undefined,
      allowInsecureAuth: tls === undefined,
      disableReverseLookup: true,
      onAuth: (auth, _session, callback) => {
        if (this.knows(auth)) callback(null, { user: auth.username });
        else callback(smtpError(535, 'authentication failed'));
      },
      onRcptTo: ({ address }, _session, callback) => {
        const { mode } = this;
        const isRefused = mode.kind === 'rejectRecipient' && mode.address === address;
        callback(isRefused ? smtpError(mode.answer ?? 550, 'no such mailbox') : null);
      },
      onData: (stream, session, callback) => void this.receive(stream, session, callback),
    });
    // A caller that breaks off its connection is reported here; it is the caller that has to cope.
    server.on('error', () => undefined);
    return server;
  }

  private knows({ username, password }: SMTPServerAuthentication): boolean {
    const { login } = this.options;
    return login?.user === username && login?.password === password;
  }

  private async receive(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    callback: Callback,
  ): Promise<void> {
    const { mode } = this;
    const raw = await readWhole(stream);
    // The caller went away in the middle of its own mail.
    if (raw === undefined) return;
    if (mode.kind === 'drop') return this.cut(session);
    if (mode.kind === 'slow') await delay(mode.ms);
    if (mode.kind === 'rejectTemporarily') return callback(smtpError(451, 'try again later'));
    if (mode.kind === 'rejectForGood') return callback(smtpError(554, 'refused'));
    await this.keep(raw, session);
    if (mode.kind === 'dropAfterAccept') this.cut(session);
    else callback();
  }

  private async keep(raw: Buffer, { envelope, secure }: SMTPServerSession): Promise<void> {
    const mail = {
      at: this.clock.now(),
      from: envelope.mailFrom ? envelope.mailFrom.address : '',
      to: envelope.rcptTo.map(({ address }) => address),
      raw: raw.toString('utf8'),
      parsed: await PostalMime.parse(raw),
      secure,
    };
    this.mails.push(mail);
    this.emit('mail', mail);
  }

  private cut({ id }: SMTPServerSession): void {
    for (const connection of this.server.connections) {
      if (connection.session.id === id) connection._socket.destroy();
    }
  }
}

/** Undefined when it breaks off. */
async function readWhole(stream: SMTPServerDataStream): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
