import * as z from 'zod';
import { clean, clip } from '../../messages/text';
import type { Delivery, Destination, Message, Outcome } from '../../model';
import type { DestinationContext } from '../context';
import { get, type HttpReply, jsonOf, type NoReply, post } from '../http';
import type { Bucket } from './bucket';
import { compose, type Composition } from './compose';

/** A bad one may be blocked: https://discord.com/developers/docs/reference#user-agent */
const USER_AGENT = 'DiscordBot (vigil-alert-router, 1.0)';

/**
 * Codes of a 400 that are about the channel, so that no message at all will be taken there: a post in a forum needs a
 * title or a tag, other kinds of channels take no messages.
 * https://discord.com/developers/docs/topics/opcodes-and-status-codes#json-json-error-codes
 */
const CHANNEL_CODES: readonly number[] = [40058, 40067, 50008, 50024, 220001, 220002, 220004];
const WORDS_MAX = 120;

const SavedMessage = z.object({ id: z.string().optional().catch(undefined) });
const Refusal = z.object({
  code: z.number().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
});

/** A Discord channel, through its webhook. */
export class DiscordDestination implements Destination {
  readonly kind = 'discord';

  /** @param url secret */
  constructor(
    readonly name: string,
    private readonly url: string,
    private readonly bucket: Bucket,
    private readonly context: DestinationContext,
  ) {}

  waitMs(): number {
    return this.bucket.waitMs();
  }

  compose(pending: readonly Delivery[]): Message {
    const { links, clock } = this.context;
    const composition = compose(pending, { links, now: clock.now().getTime() });
    const { delivered, coalesced } = composition;
    return { delivered, coalesced, send: (signal) => this.send(composition, signal) };
  }

  /** Reads the webhook, which posts nothing. */
  async verify(signal: AbortSignal): Promise<Outcome> {
    const { timeoutMs } = this.context;
    this.bucket.called();
    return this.outcomeOf(
      await get(this.url, { headers: { 'User-Agent': USER_AGENT }, timeoutMs, signal }),
    );
  }

  close(): void {
    // Connections are pooled by the process.
  }

  private async send({ embeds, plain }: Composition, signal: AbortSignal): Promise<Outcome> {
    const outcome = await this.call({ embeds }, signal);
    if (outcome.kind !== 'refused' || plain === undefined) return outcome;
    this.context.logger.warn(
      { destination: this.name, reason: outcome.reason },
      'Discord refused a message; sending it as plain text',
    );
    await this.context.clock.sleep(this.bucket.waitMs(), signal);
    if (signal.aborted) return { kind: 'retry', reason: 'stopped' };
    await this.context.calls.calling(this.name);
    return this.call({ content: plain }, signal);
  }

  private async call(payload: object, signal: AbortSignal): Promise<Outcome> {
    // Another webhook may have met a limit of all, or gone to see whether a ban is over, since this lane looked.
    const ms = this.bucket.waitMs();
    if (ms > 0) return { kind: 'wait', ms, reason: 'keeps to a limit of Discord' };
    this.bucket.called();
    // `wait` makes Discord answer after the message is saved, and not before.
    const reply = await post(`${this.url}?wait=true`, {
      headers: { 'Content-Type': 'application/json', 'User-Agent': USER_AGENT },
      body: JSON.stringify({ ...payload, allowed_mentions: { parse: [] } }),
      timeoutMs: this.context.timeoutMs,
      signal,
    });
    return this.outcomeOf(reply);
  }

  private outcomeOf(reply: HttpReply | NoReply): Outcome {
    if ('failure' in reply) {
      this.bucket.unanswered();
      return { kind: 'retry', reason: reply.failure };
    }
    const waitMs = this.bucket.answered(reply);
    const reason = reasonOf(reply);
    if (waitMs !== undefined) return { kind: 'wait', ms: waitMs, reason };
    const { status, body } = reply;
    if (status >= 200 && status < 300) {
      return { kind: 'delivered', messageId: SavedMessage.safeParse(jsonOf(body)).data?.id };
    }
    if (isAboutChannel(reply)) return { kind: 'unhealthy', reason };
    if (status === 400 || status === 413) return { kind: 'refused', reason };
    return { kind: 'retry', reason };
  }
}

/** Whether the answer would be the same to any other message. */
function isAboutChannel({ status, body }: HttpReply): boolean {
  if (status !== 400) return [401, 403, 404, 410].includes(status);
  const { code } = refusalIn(body);
  return code !== undefined && CHANNEL_CODES.includes(code);
}

const refusalIn = (body: string): z.infer<typeof Refusal> =>
  Refusal.safeParse(jsonOf(body)).data ?? {};

/** Status, and Discord's own words if there are any; one line, whatever they are. */
function reasonOf({ status, body }: HttpReply): string {
  const { code, message } = refusalIn(body);
  const words = message === undefined ? '' : `: ${clip(clean(message), WORDS_MAX)}`;
  return `Discord answered ${status}${code === undefined ? '' : ` (${code})`}${words}`;
}
