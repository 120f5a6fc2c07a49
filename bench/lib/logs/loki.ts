import { LokiApi } from '../../../cli/lib/loki-api';
import type { Stack } from '../cluster';

/** Asks Loki, and closes the way to it afterwards. */
export async function withLoki<T>(
  { client, signal }: Pick<Stack, 'client' | 'signal'>,
  work: (loki: LokiApi) => Promise<T>,
): Promise<T> {
  const loki = await LokiApi.open(client, signal);
  try {
    return await work(loki);
  } finally {
    loki.close();
  }
}
