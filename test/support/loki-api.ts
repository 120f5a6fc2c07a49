import { CliError } from '../../cli/lib/errors';
import { LokiApi } from '../../cli/lib/loki-api';

/** What people ask of Loki, asked of one that listens on loopback without TLS. */
export const lokiApiAt = (url: string): LokiApi =>
  new LokiApi({
    get: async (path) => {
      const response = await fetch(`${url}${path}`);
      return { status: response.status, text: await response.text() };
    },
    failure: (reason) => new CliError(reason),
    close: () => undefined,
  });
