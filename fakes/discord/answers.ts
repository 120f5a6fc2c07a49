import type { Answer } from '../http';
import type { RateLimitScope } from './rate-limiter';

const json = (status: number, code: number, message: string): Answer => ({
  status,
  body: { message, code },
});

/**
 * Error answers with their codes:
 * https://discord.com/developers/docs/topics/opcodes-and-status-codes#json-json-error-codes
 */
export const answers = {
  notFound: json(404, 0, '404: Not Found'),
  methodNotAllowed: json(405, 0, '405: Method Not Allowed'),
  unknownWebhook: json(404, 10015, 'Unknown Webhook'),
  unknownMessage: json(404, 10008, 'Unknown Message'),
  invalidToken: json(401, 50027, 'Invalid Webhook Token'),
  emptyMessage: json(400, 50006, 'Cannot send an empty message'),
  invalidJson: json(400, 50109, 'The request body contains invalid JSON.'),
  wrongContentType: json(
    400,
    50035,
    `Expected "Content-Type" header to be one of {'application/json'}.`,
  ),
  /** A banned address hears from the proxy in front of Discord, which knows nothing of its headers. */
  banned: {
    status: 429,
    body: '<!doctype html><title>Access denied</title><h1>Error 1015</h1><p>You are being rate limited</p>',
  },
} as const satisfies Record<string, Answer>;

/**
 * https://discord.com/developers/docs/topics/rate-limits#exceeding-a-rate-limit
 *
 * @param headers of the webhook's own window
 */
export function rateLimited(
  scope: RateLimitScope,
  retryAfterMs: number,
  headers: Readonly<Record<string, string>>,
): Answer {
  const isGlobal = scope === 'global';
  return {
    status: 429,
    headers: {
      ...(isGlobal ? { 'X-RateLimit-Global': 'true' } : headers),
      'X-RateLimit-Scope': scope,
      'Retry-After': String(Math.ceil(retryAfterMs / 1000)),
    },
    body: {
      message: 'You are being rate limited.',
      retry_after: Math.ceil(retryAfterMs) / 1000,
      global: isGlobal,
    },
  };
}

/** An error of Discord's own, as it says it. */
export function serverError(status: 500 | 502 | 503): Answer {
  return json(status, 0, `${status}: Internal Server Error`);
}
