import { defaultChannels } from '../../../constructs/settings';
import { FakeDiscord, type RecordedMessage } from '../../../fakes/discord';
import { FakeMailbox, type MailboxMode } from '../../../fakes/mailbox';
import { seededRandom } from '../../../fakes/random';
import type { Audit } from './audit';
import type { Routing } from './rig';
import { toldByMail, toldByMessage } from './told';

const MAIL = 'mail';

/** Share of the calls that meet trouble. */
export const FAULTY_SHARE = 0.3;
/** Of Discord's answers, in milliseconds: as far away as it usually is. */
export const LATENCY_MS = 80;
const MAIL_MODE_MS = 1_000;
/** A mail that is under way while the mode changes meets the old one; milliseconds. */
const MAIL_MODE_LAG_MS = 250;
const SEED = 1;

/** Where a label set goes. */
export const destinationsOf = (labels: Readonly<Record<string, string>>): string[] => [
  ...(labels.severity === 'critical' ? [MAIL] : []),
  labels.category ?? '',
];

/** Discord and a mail server that fail often, and the audit of what they keep all the same. */
export class FarEnds {
  public readonly discord = new FakeDiscord({
    channels: defaultChannels,
    latencyMs: LATENCY_MS,
    seed: SEED,
  });
  private readonly mailbox = new FakeMailbox();
  private readonly random = seededRandom(SEED);
  private timer?: NodeJS.Timeout;
  /** When mails were last kept without an answer; milliseconds since the Unix epoch. */
  private droppedAt = -Infinity;
  private readonly fresh: RecordedMessage[] = [];

  public constructor(private readonly audit: Audit) {
    this.discord.on('message', (message) => this.fresh.push(message));
    // Comes right after the message that the call made, if it made one.
    this.discord.on('call', ({ status }) => {
      for (const message of this.fresh.splice(0)) this.keep(message, status === undefined);
    });
    this.mailbox.on('mail', (mail) => {
      const at = mail.at.getTime();
      const unanswered =
        this.mailbox.mode.kind === 'dropAfterAccept' || at - this.droppedAt < MAIL_MODE_LAG_MS;
      this.audit.keep({ destination: MAIL, at, told: toldByMail(mail), unanswered });
    });
  }

  public async listen(): Promise<void> {
    await this.discord.listen();
    await this.mailbox.listen();
  }

  public async close(): Promise<void> {
    clearInterval(this.timer);
    await this.discord.close();
    await this.mailbox.close();
  }

  /** The router's destinations and routes: a channel for each category, and mail for what is critical. */
  public routing(): Routing {
    const discord = { kind: 'discord', origins: [this.discord.origin] } as const;
    return {
      destinations: {
        ...Object.fromEntries(defaultChannels.map((name) => [name, discord])),
        [MAIL]: { kind: 'mail', from: 'vigil@example.com', to: ['oncall@example.com'] },
      },
      route: {
        destinations: ['general'],
        routes: [
          { matchers: ['severity="critical"'], destinations: [MAIL], continue: true },
          ...defaultChannels.map((name) => ({
            matchers: [`category="${name}"`],
            destinations: [name],
          })),
        ],
      },
    };
  }

  public credentials(): Record<string, string> {
    const channels = defaultChannels.map((name) => [name, this.discord.webhookUrl(name)] as const);
    return { ...Object.fromEntries(channels), [MAIL]: this.mailbox.url };
  }

  public breakDown(): void {
    this.discord.breakWith({
      share: FAULTY_SHARE,
      faults: [
        { kind: 'respond429' },
        { kind: 'respond500' },
        { kind: 'hang' },
        { kind: 'resetAfterAccept' },
      ],
    });
    this.timer = setInterval(() => this.setMailMode(this.pickMailMode()), MAIL_MODE_MS);
  }

  public heal(): void {
    clearInterval(this.timer);
    this.discord.heal();
    this.setMailMode({ kind: 'normal' });
  }

  private pickMailMode(): MailboxMode {
    if (this.random() >= FAULTY_SHARE) return { kind: 'normal' };
    const modes = ['rejectTemporarily', 'drop', 'dropAfterAccept'] as const;
    return { kind: modes[Math.floor(this.random() * modes.length)] ?? 'drop' };
  }

  private setMailMode(mode: MailboxMode): void {
    if (this.mailbox.mode.kind === 'dropAfterAccept') this.droppedAt = Date.now();
    this.mailbox.mode = mode;
  }

  private keep(message: RecordedMessage, unanswered: boolean): void {
    const { channel, at } = message;
    const told = toldByMessage(message);
    this.audit.keep({ destination: channel, at: at.getTime(), told, unanswered });
  }
}
