import { createHash } from 'node:crypto';
import {
  type APIMessage,
  MessageType,
  type RESTGetAPIWebhookWithTokenResult,
  type RESTPostAPIWebhookWithTokenJSONBody as WebhookPayload,
  WebhookType,
} from 'discord-api-types/v10';

/** Discord's ids count milliseconds since the beginning of 2015, above 22 bits of other things. */
const EPOCH_MS = 1_420_070_400_000;

/** A message as a channel keeps it. */
export interface RecordedMessage {
  readonly id: string;
  readonly channel: string;
  readonly at: Date;
  /** As it was posted, or as the last edit left it. */
  readonly payload: WebhookPayload;
  readonly edits: number;
}

/** One channel with its webhook. Ids and token follow from the name, so that they are the same in each run. */
export class Channel {
  readonly id: string;
  readonly webhookId: string;
  readonly token: string;

  constructor(readonly name: string) {
    const digest = createHash('sha256').update(name).digest();
    this.id = String(10n ** 18n + digest.readBigUInt64BE(0) / 32n);
    this.webhookId = String(10n ** 18n + digest.readBigUInt64BE(8) / 32n);
    this.token = createHash('sha512').update(name).digest('base64url').slice(0, 68);
  }

  /** What GET says of the webhook. */
  describe(): RESTGetAPIWebhookWithTokenResult {
    return {
      id: this.webhookId,
      type: WebhookType.Incoming,
      name: 'Vigil',
      avatar: null,
      channel_id: this.id,
      guild_id: '1000000000000000000',
      application_id: null,
      token: this.token,
    };
  }

  /** The message as Discord gives it back to who waits for it. */
  render({ id, at, payload, edits }: RecordedMessage): APIMessage {
    return {
      id,
      type: MessageType.Default,
      channel_id: this.id,
      webhook_id: this.webhookId,
      author: {
        id: this.webhookId,
        username: payload.username ?? 'Vigil',
        discriminator: '0000',
        global_name: null,
        avatar: null,
        bot: true,
      },
      content: payload.content ?? '',
      embeds: payload.embeds ?? [],
      timestamp: at.toISOString(),
      edited_timestamp: edits > 0 ? at.toISOString() : null,
      tts: payload.tts ?? false,
      mention_everyone: false,
      mentions: [],
      mention_roles: [],
      attachments: [],
      components: [],
      pinned: false,
      flags: payload.flags,
    };
  }
}

/** The id of the `sequence`-th message. */
export function snowflake(at: Date, sequence: number): string {
  return String((BigInt(at.getTime() - EPOCH_MS) << 22n) | BigInt(sequence % 2 ** 22));
}
