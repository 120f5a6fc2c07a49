/** A webhook's address, taken apart. The URL is a secret: who has it can post. */
export interface WebhookAddress {
  readonly id: string;
  /** Secret. */
  readonly url: string;
}

const PATH = /^\/api(?:\/v\d{1,2})?\/webhooks\/(?<id>[0-9A-Za-z_-]{1,64})\/[0-9A-Za-z_-]{1,256}$/;

/**
 * Reads a credential. Errors name what is wrong without repeating any of the URL but its origin.
 *
 * @param origins that the URL may have, such as `https://discord.com`
 * @throws Error with one line that says what a webhook URL looks like
 */
export function parseWebhookUrl(credential: string, origins: readonly string[]): WebhookAddress {
  const text = credential.trim();
  if (!URL.canParse(text)) throw new Error('the credential is no URL');
  const url = new URL(text);
  if (!origins.includes(url.origin)) {
    throw new Error(`the webhook's origin is ${url.origin}, allowed: ${origins.join(', ')}`);
  }
  const id = PATH.exec(url.pathname)?.groups?.['id'];
  if (id === undefined || url.search || url.hash || url.username || url.password) {
    throw new Error('the webhook URL must end in /api/webhooks/<id>/<token>');
  }
  return { id, url: url.href };
}
