import { EventEmitter, once } from 'node:events';
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { RESTPostAPIWebhookWithTokenJSONBody as WebhookPayload } from 'discord-api-types/v10';
import { type Clock, systemClock } from './clock';
import { answers, rateLimited, serverError } from './discord/answers';
import { Channel, type RecordedMessage, snowflake } from './discord/channel';
import { type Fault, type FaultPlan, pickFault } from './discord/faults';
import { RATE_LIMITS, type RateLimits } from './discord/limits';
import { RateLimiter, type RateLimitScope } from './discord/rate-limiter';
import { type MessageStore, parseCall, perform, type WebhookCall } from './discord/webhook-api';
import { type Answer, readBody, write } from './http';
import { type Random, seededRandom } from './random';

export type { RecordedMessage } from './discord/channel';
export { pingsOf, visibleEmbeds } from './discord/display';
export type { Fault, FaultPlan } from './discord/faults';
export { MESSAGE_LIMITS, RATE_LIMITS } from './discord/limits';

export interface FakeDiscordOptions {
  /** Names of the channels; each has one webhook. */
  readonly channels: readonly string[];
  /** Address to listen on. @default '127.0.0.1' */
  readonly host?: string;
  /** @default - a free one */
  readonly port?: number;
  /** Certificate and key as PEM, for HTTPS. @default - plain HTTP */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Host in webhook URLs, when the certificate names another than `host`. @default - host */
  readonly publicHost?: string;
  /** For the windows of the limits. @default - the machine's */
  readonly clock?: Clock;
  /** @default - Discord's own */
  readonly limits?: Partial<RateLimits>;
  /** Time before each answer. @default 0 */
  readonly latencyMs?: number;
  /** Of the numbers that decide which calls meet a fault. @default 1 */
  readonly seed?: number;
}

/** One call and what became of it. */
export interface RecordedCall {
  readonly at: Date;
  readonly method: string;
  /** Absent when no such webhook exists. */
  readonly channel?: string;
  readonly userAgent?: string;
  /** Absent when the call was left without an answer. */
  readonly status?: number;
}

interface Events {
  /** A message is in its channel; also when whoever posted it never hears of it. */
  message: [RecordedMessage];
  edit: [RecordedMessage];
  call: [RecordedCall];
}

/** What becomes of a call: an answer, or what stands in for one. */
type Reaction = Answer | 'silence' | 'reset';

/**
 * A server on this machine that treats its callers as Discord treats them: it speaks the webhook API (execute, get,
 * edit), refuses what Discord refuses, enforces the limits it enforces, known and hidden, and fails as it fails.
 */
export class FakeDiscord extends EventEmitter<Events> implements MessageStore {
  /** All messages of all channels, oldest first. */
  readonly messages: RecordedMessage[] = [];
  readonly calls: RecordedCall[] = [];
  /** Milliseconds before each answer. */
  latencyMs: number;
  private readonly channels: readonly Channel[];
  private readonly server: Server;
  private readonly clock: Clock;
  private readonly limiter: RateLimiter;
  private readonly random: Random;
  private plan: FaultPlan = { faults: [] };
  private port: number;
  private sequence = 0;

  constructor(private readonly options: FakeDiscordOptions) {
    super();
    this.channels = options.channels.map((name) => new Channel(name));
    this.clock = options.clock ?? systemClock;
    this.limiter = new RateLimiter({ ...RATE_LIMITS, ...options.limits }, this.clock);
    this.random = seededRandom(options.seed ?? 1);
    this.latencyMs = options.latencyMs ?? 0;
    this.port = options.port ?? 0;
    const listener = (request: IncomingMessage, response: ServerResponse): void =>
      void this.handle(request, response);
    this.server = options.tls
      ? https.createServer(options.tls, listener)
      : http.createServer(listener);
  }

  /** Scheme, host and port, such as `http://127.0.0.1:41234`. */
  get origin(): string {
    const scheme = this.options.tls ? 'https' : 'http';
    return `${scheme}://${this.options.publicHost ?? this.host}:${this.port}`;
  }

  /** How many calls were answered 429. */
  get rateLimitedCalls(): number {
    return this.calls.filter(({ status }) => status === 429).length;
  }

  /** Messages that say the same in the same channel as one before them. */
  get duplicates(): RecordedMessage[] {
    const seen = new Set<string>();
    return this.messages.filter(({ channel, payload }) => {
      const key = JSON.stringify([channel, payload]);
      const isKnown = seen.has(key);
      seen.add(key);
      return isKnown;
    });
  }

  /** @throws Error when there is no such channel */
  webhookUrl(channel: string): string {
    const { webhookId, token } = this.channelNamed(channel);
    return `${this.origin}/api/webhooks/${webhookId}/${token}`;
  }

  /** Messages of one channel, oldest first. */
  messagesIn(channel: string): RecordedMessage[] {
    return this.messages.filter((message) => message.channel === channel);
  }

  /**
   * Listens; on the port it had, when it listened before.
   *
   * @throws Error when the port cannot be bound
   */
  async listen(): Promise<void> {
    this.server.listen(this.port, this.host);
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Connections are refused, and those that are open break; `listen` ends it. */
  async refuse(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  /** Ends it for good; what hangs, breaks. */
  async close(): Promise<void> {
    await this.refuse();
  }

  /** From now on calls meet these faults, until another plan. */
  breakWith(plan: FaultPlan): void {
    this.plan = plan;
  }

  /** From now on no call meets a fault. */
  heal(): void {
    this.plan = { faults: [] };
  }

  /** Forgets what was recorded; limits and faults stay. */
  clear(): void {
    this.messages.length = 0;
    this.calls.length = 0;
  }

  /** Keeps a new message. */
  add(channel: Channel, payload: WebhookPayload): RecordedMessage {
    const at = this.clock.now();
    const id = snowflake(at, this.sequence++);
    const message = { id, channel: channel.name, at, payload, edits: 0 };
    this.messages.push(message);
    this.emit('message', message);
    return message;
  }

  /** The message of that id, if it is in that channel. */
  find(channel: Channel, id: string): RecordedMessage | undefined {
    return this.messages.find((one) => one.id === id && one.channel === channel.name);
  }

  /** Puts another payload in the place of a message's own. */
  edit(message: RecordedMessage, payload: WebhookPayload): RecordedMessage {
    const edited = { ...message, payload, edits: message.edits + 1 };
    this.messages[this.messages.indexOf(message)] = edited;
    this.emit('edit', edited);
    return edited;
  }

  private get host(): string {
    return this.options.host ?? '127.0.0.1';
  }

  private channelNamed(name: string): Channel {
    const channel = this.channels.find((one) => one.name === name);
    if (!channel)
      throw new Error(`no channel ${name}; there are ${this.options.channels.join(', ')}`);
    return channel;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request).catch(() => undefined);
    // The caller went away in the middle of its own call.
    if (body === undefined) return;
    if (this.latencyMs > 0) await delay(this.latencyMs);
    const call = parseCall(request, body);
    const channel = this.channels.find(({ webhookId }) => webhookId === call?.webhookId);
    const reaction = this.react(call, channel);
    const record = {
      at: this.clock.now(),
      method: request.method ?? '',
      channel: channel?.name,
      userAgent: request.headers['user-agent'],
      status: typeof reaction === 'string' ? undefined : reaction.status,
    };
    this.calls.push(record);
    this.emit('call', record);
    if (reaction === 'reset') request.socket.destroy();
    else if (reaction !== 'silence') write(response, reaction);
  }

  private react(call: WebhookCall | undefined, channel: Channel | undefined): Reaction {
    if (this.limiter.banned) return answers.banned;
    const admitted = this.limiter.admit();
    if (!admitted.allowed) return this.refuseCall('global', admitted.retryAfterMs, {});
    if (call === undefined) return answers.notFound;
    if (channel === undefined) return answers.unknownWebhook;
    if (channel.token !== call.token) return this.counted(answers.invalidToken);
    return this.reactWithin(call, channel);
  }

  /** The call is to a webhook that exists: its own limits and faults. */
  private reactWithin(call: WebhookCall, channel: Channel): Reaction {
    const limited = { method: call.method, webhook: channel.webhookId, channel: channel.id };
    const verdict = this.limiter.take(limited);
    const headers = this.limiter.headers(limited);
    if (!verdict.allowed) return this.refuseCall(verdict.scope, verdict.retryAfterMs, headers);
    const fault = pickFault(this.plan, channel.name, this.random);
    if (fault !== undefined && fault.kind !== 'resetAfterAccept') {
      return this.fail(fault, headers);
    }
    const answer = perform(call, channel, this);
    if (fault !== undefined) return 'reset';
    return this.counted({ ...answer, headers });
  }

  private fail(
    fault: Exclude<Fault, { kind: 'resetAfterAccept' }>,
    headers: Readonly<Record<string, string>>,
  ): Reaction {
    switch (fault.kind) {
      case 'respond500':
        return serverError(fault.status ?? 500);
      case 'respond429':
        return this.refuseCall(fault.scope ?? 'user', fault.retryAfterMs ?? 1000, headers);
      case 'respondBanned':
        return this.counted(answers.banned);
      case 'webhookDeleted':
        return answers.unknownWebhook;
      case 'hang':
        return 'silence';
    }
  }

  private refuseCall(
    scope: RateLimitScope,
    retryAfterMs: number,
    headers: Readonly<Record<string, string>>,
  ): Answer {
    const answer = rateLimited(scope, retryAfterMs, headers);
    this.limiter.answered(answer.status, scope);
    return answer;
  }

  private counted(answer: Answer): Answer {
    this.limiter.answered(answer.status);
    return answer;
  }
}
