import { EventEmitter } from 'node:events';
import { pingsOf, visibleEmbeds, type RecordedMessage } from '../../../fakes/discord';
import type { RecordedMail } from '../../../fakes/mailbox';
import type { RouterStatus } from '../../../services/alert-router/src/status/status';
import { pause } from '../async';
import type { HeldAlert } from './alertmanager';
import { castRound, heldAlert, type Performance } from './cast';
import { Ledger } from './ledger';
import { lineOf, verdictOf } from './line';
import type { Action, PageEvent, ShowState } from './protocol';
import { type RecordedAlert, type Step, steps } from './recording';
import type { Stage } from './stage';
import { isTrouble, Troubles } from './troubles';
import { destinationNames } from './workspace';

/** Between two looks at the clock and at the router, in milliseconds. */
const TICK_MS = 250;
/** Between two signs of life, in milliseconds. */
const BEAT_MS = 30_000;
/** How long a recorded alert has been true when it fires, in milliseconds, as with a rule's `for`. */
const FOR_MS = 60_000;

interface Events {
  event: [PageEvent];
}

/** Plays the recording, round after round, and watches what becomes of it. */
export class Show extends EventEmitter<Events> {
  private readonly names = destinationNames();
  private readonly troubles: Troubles;
  private history: PageEvent[] = [];
  private ledger = new Ledger();
  private cast: ReadonlyMap<RecordedAlert, Performance> = new Map();
  private byToken: ReadonlyMap<string, Performance> = new Map();
  private starts = new Map<RecordedAlert, Date>();
  private mails: RecordedMail[] = [];
  private round = 0;
  private phase: ShowState['phase'] = 'playing';
  /** Seconds of the recording. */
  private position = 0;
  private nextStep = 0;
  private lastStep = '';
  private status?: RouterStatus;
  private isRouterUp = false;
  private state?: ShowState;

  /** @param speed seconds of the recording in a second of the clock. */
  public constructor(
    private readonly stage: Stage,
    private readonly speed: number,
  ) {
    super();
    this.troubles = new Troubles(stage, speed);
    stage.discord.on('message', (message) => this.onMessage(message));
    stage.mailbox.on('mail', (mail) => this.onMail(mail));
    stage.alertmanager.on('accepted', (alerts) => this.onAccepted(alerts));
    stage.router.on('died', () => (this.isRouterUp = false));
    this.begin();
  }

  /** All that a page which opens now has missed. */
  public get soFar(): readonly PageEvent[] {
    const state = this.state ? [{ type: 'state' as const, state: this.state }] : [];
    return [...this.history, ...state];
  }

  /** The HTML of a mail. */
  public mailHtml(index: number): string | undefined {
    return this.mails[index]?.parsed.html;
  }

  /** Runs until the signal. */
  public async run(signal: AbortSignal): Promise<void> {
    let last = performance.now();
    let nextBeat = 0;
    while (!signal.aborted) {
      const now = performance.now();
      this.advance(((now - last) / 1000) * this.speed);
      last = now;
      if (now >= nextBeat) {
        nextBeat = now + BEAT_MS;
        void this.stage.beat();
      }
      await this.look();
      await pause(TICK_MS, signal).catch(() => undefined);
    }
    this.troubles.stop();
  }

  /** Does what the visitor asks for. */
  public async act(action: Action): Promise<void> {
    if (isTrouble(action)) await this.troubles.begin(action);
    else if (action === 'again') this.begin();
    else if (action === 'pause' && this.phase === 'playing') this.phase = 'paused';
    else if (action === 'play' && this.phase === 'paused') this.phase = 'playing';
    else if (action === 'play' && this.phase === 'ended') this.begin();
    this.publish();
  }

  /** Begins a round with an empty page. */
  private begin(): void {
    this.round += 1;
    this.cast = castRound(this.round);
    this.byToken = new Map([...this.cast.values()].map((one) => [one.token, one]));
    this.ledger = new Ledger();
    this.starts = new Map();
    this.mails = [];
    this.stage.discord.clear();
    this.stage.alertmanager.forget();
    this.position = 0;
    this.nextStep = 0;
    this.lastStep = '';
    this.phase = 'playing';
    this.history = [];
    this.publishLasting({ type: 'reset', channels: this.names.channels });
  }

  private advance(seconds: number): void {
    if (this.phase !== 'playing') return;
    this.position += seconds;
    for (;;) {
      const step = steps[this.nextStep];
      if (!step || step.at > this.position) return;
      this.nextStep += 1;
      this.play(step);
    }
  }

  private play({ alert, status }: Step): void {
    const performed = this.cast.get(alert);
    if (!performed) return;
    const now = new Date();
    const startsAt = this.starts.get(alert) ?? new Date(now.getTime() - FOR_MS);
    this.starts.set(alert, startsAt);
    const endsAt = status === 'resolved' ? now : undefined;
    this.stage.alertmanager.put(heldAlert(performed, startsAt, endsAt));
    const verb = status === 'firing' ? 'fires' : 'is over';
    this.lastStep = `${alert.name} (${alert.service}) ${verb}.`;
  }

  /** Asks the router how it is, and says so when anything is new. */
  private async look(): Promise<void> {
    // What is unaccepted before the question is not in the answer.
    const unaccepted = this.stage.alertmanager.unaccepted;
    const status = await this.stage.status();
    this.isRouterUp = status !== undefined;
    this.status = status ?? this.status;
    const isPlayed = this.nextStep >= steps.length && unaccepted === 0;
    if (this.phase === 'playing' && isPlayed && status?.totals.pending === 0) this.phase = 'ended';
    this.publish();
  }

  private onAccepted(alerts: readonly HeldAlert[]): void {
    for (const alert of alerts) {
      const performed = [...this.byToken.values()].find(({ labels }) => labels === alert.labels);
      if (!performed) continue;
      const status = alert.endsAt ? 'resolved' : 'firing';
      this.ledger.accepted(performed.token, status, this.destinationsOf(performed));
    }
  }

  /** Where an alert belongs by the default routes, said once more so that the router is not its own judge. */
  private destinationsOf({ labels }: Performance): string[] {
    const [general = ''] = this.names.channels;
    const { category = '', severity } = labels;
    const channel = this.names.channels.includes(category) ? category : general;
    return severity === 'critical' ? [channel, this.names.mail] : [channel];
  }

  private onMessage(message: RecordedMessage): void {
    const embeds = visibleEmbeds(message.payload);
    this.ledger.discord(message.channel, embeds, this.byToken.keys());
    const content = message.payload.content ?? '';
    this.publishLasting({
      type: 'message',
      message: {
        channel: message.channel,
        at: message.at.getTime(),
        content,
        embeds,
        pings: pingsOf(message.payload),
      },
    });
  }

  private onMail(mail: RecordedMail): void {
    this.ledger.mail(this.names.mail, mail.parsed.text ?? '', this.byToken.keys());
    this.mails.push(mail);
    this.publishLasting({
      type: 'mail',
      mail: {
        index: this.mails.length - 1,
        at: mail.at.getTime(),
        from: mail.from,
        to: mail.to.join(', '),
        subject: mail.parsed.subject ?? '',
      },
    });
  }

  private publishLasting(event: PageEvent): void {
    this.history.push(event);
    this.emit('event', event);
  }

  private publish(): void {
    const state = this.describe();
    if (JSON.stringify(state) === JSON.stringify(this.state)) return;
    this.state = state;
    this.emit('event', { type: 'state', state });
  }

  private describe(): ShowState {
    const { phase, status } = this;
    const state = {
      phase,
      progress: this.nextStep / steps.length,
      router: this.isRouterUp
        ? ('running' as const)
        : status
          ? ('down' as const)
          : ('starting' as const),
      totals: status?.totals,
      destinations: (status?.destinations ?? []).map(({ name, state, pending, reason }) => ({
        name,
        state,
        pending,
        reason,
      })),
      tally: this.ledger.tally(phase === 'ended'),
      unaccepted: this.stage.alertmanager.unaccepted,
      troubles: this.troubles.current,
    };
    const verdict = phase === 'ended' ? verdictOf(state.tally) : undefined;
    return {
      ...state,
      line: verdict ?? this.troubles.failure ?? lineOf(state, this.lastStep),
      verdict,
    };
  }
}
