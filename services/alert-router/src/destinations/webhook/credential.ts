import { isLoopback } from '../loopback';

/** Where to post, and the key that signs. */
export interface WebhookCredential {
  /** May hold a secret. */
  readonly url: string;
  /** Secret. */
  readonly key: string;
}

const KEY_MIN = 16;

/**
 * Reads a credential of two lines: the URL and the key. Errors repeat nothing of it.
 *
 * @throws Error with one line that says what is expected
 */
export function parseWebhookCredential(credential: string): WebhookCredential {
  const [address = '', key = '', ...rest] = credential
    .trim()
    .split(/\r?\n/)
    .map((line) => line.trim());
  if (rest.length > 0 || key === '') {
    throw new Error('the credential needs two lines: the URL, and the key that signs');
  }
  if (key.length < KEY_MIN) {
    throw new Error(`the key has ${key.length} characters, at least ${KEY_MIN} are needed`);
  }
  return { url: safeUrl(address), key };
}

function safeUrl(address: string): string {
  if (!URL.canParse(address)) throw new Error('the first line of the credential is no URL');
  const url = new URL(address);
  const isPrivate = url.protocol === 'http:' && isLoopback(url.hostname);
  if (url.protocol !== 'https:' && !isPrivate) throw new Error('the URL must begin with https://');
  if (url.username || url.password) {
    throw new Error('the URL must have no user and password: the signature says who posts');
  }
  return url.href;
}
