/**
 * What Discord takes. Characters are counted in UTF-16 units: never fewer than code points, so that it does not matter
 * which of the two Discord counts.
 *
 * https://discord.com/developers/docs/resources/webhook#execute-webhook
 * https://discord.com/developers/docs/resources/message#embed-object-embed-limits
 */
export const CONTENT_MAX = 2000;
export const EMBEDS_MAX = 10;
/** Over all embeds of a message: titles, descriptions, field names and values, footers. */
export const EMBED_TOTAL_MAX = 6000;
export const TITLE_MAX = 256;
export const DESCRIPTION_MAX = 4096;
export const FIELD_VALUE_MAX = 1024;
export const FOOTER_MAX = 2048;

/** At most so many calls within so many milliseconds. */
export interface Window {
  readonly calls: number;
  readonly ms: number;
}

/**
 * What users observe of one webhook, and of its channel, which no header tells before a 429:
 * https://github.com/discord/discord-api-docs/issues/6753. Discord counts when a call arrives, we when it is answered
 * or sent; the windows are a little longer than Discord's for what the network adds in between.
 */
export const WINDOWS: readonly Window[] = [
  { calls: 5, ms: 2_250 },
  { calls: 30, ms: 61_000 },
];
/** The longest of the windows; milliseconds. */
export const LONGEST_WINDOW_MS = Math.max(...WINDOWS.map(({ ms }) => ms));

/**
 * Answers of 401, 403 and 429 (but for shared ones) within ten minutes after which Discord bans the address is 10,000;
 * we stop before. https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
 */
export const INVALID_WINDOW_MS = 600_000;
export const INVALID_MAX = 8_000;

/** Wait before a banned address asks again: doubled from the first to the last. Milliseconds. */
export const BAN_FIRST_MS = 60_000;
export const BAN_LAST_MS = 1_800_000;
