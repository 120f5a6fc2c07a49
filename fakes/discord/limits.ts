/**
 * Sizes that Discord enforces on a message. Characters are counted as UTF-16 units after trimming: never fewer than
 * code points, so that a payload which passes here passes whichever of the two Discord counts.
 *
 * https://discord.com/developers/docs/resources/webhook#execute-webhook
 * https://discord.com/developers/docs/resources/message#embed-object-embed-limits
 */
export const MESSAGE_LIMITS = {
  content: 2000,
  username: 80,
  embeds: 10,
  title: 256,
  description: 4096,
  fields: 25,
  fieldName: 256,
  fieldValue: 1024,
  footer: 2048,
  author: 256,
  /** Over all embeds: titles, descriptions, field names and values, footers, authors. */
  embedTotal: 6000,
  /** Ids in each list of `allowed_mentions`. */
  mentionIds: 100,
} as const;

/** So many calls within so many milliseconds. */
export interface Window {
  readonly calls: number;
  readonly ms: number;
}

/** The rates that Discord enforces. */
export interface RateLimits {
  /** Per webhook and method; said in the headers of every answer. */
  readonly webhook: Window;
  /** Messages per channel; said nowhere, until it answers 429. */
  readonly channel: Window;
  /** Per address, over all webhooks. */
  readonly global: Window;
  /** Answers of 401, 403 and 429 (but for shared ones) after which the address is banned. */
  readonly invalid: Window;
}

/**
 * `webhook` and `channel` are what users observe, not what Discord promises (it says: read the headers):
 * https://github.com/discord/discord-api-docs/issues/6753 and 1454. `global` and `invalid` are documented:
 * https://discord.com/developers/docs/topics/rate-limits#global-rate-limit
 */
export const RATE_LIMITS: RateLimits = {
  webhook: { calls: 5, ms: 2_000 },
  channel: { calls: 30, ms: 60_000 },
  global: { calls: 50, ms: 1_000 },
  invalid: { calls: 10_000, ms: 600_000 },
};
