import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from './clock';
import { ConfigError } from './environment';
import type { Logger } from './logger';
import type { TlsMaterial } from './tls-server';

/** Between two looks at the files, in milliseconds. */
const POLL_MS = 2_000;

export interface WatchedTlsOptions {
  /** Folder with tls.crt, tls.key and ca.crt. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The process's certificate, as it is renewed. */
export class WatchedTls {
  private constructor(
    private readonly options: WatchedTlsOptions,
    private material: TlsMaterial,
  ) {}

  /** @throws ConfigError when a file cannot be read */
  static async open(options: WatchedTlsOptions): Promise<WatchedTls> {
    return new WatchedTls(options, await loadTls(options.folder));
  }

  get current(): TlsMaterial {
    return this.material;
  }

  /**
   * Looks at the files every two seconds until the signal aborts, and hands over what is new. What `use` throws, as for
   * a certificate and a key that do not belong together, is logged, and tried again with the next look.
   */
  async run(use: (material: TlsMaterial) => void, signal: AbortSignal): Promise<void> {
    const { clock, folder, logger } = this.options;
    while (!signal.aborted) {
      await clock.sleep(POLL_MS, signal);
      if (signal.aborted) return;
      try {
        const next = await loadTls(folder);
        if (isDeepStrictEqual(next, this.material)) continue;
        use(next);
        this.material = next;
        logger.info('the certificate was renewed');
      } catch (error) {
        logger.error({ error: (error as Error).message }, 'the new certificate cannot be used');
      }
    }
  }
}

async function loadTls(folder: string): Promise<TlsMaterial> {
  const read = (name: string): Promise<string> => readFile(path.join(folder, name), 'utf8');
  try {
    const [cert, key, ca] = await Promise.all(['tls.crt', 'tls.key', 'ca.crt'].map(read));
    return { cert: cert ?? '', key: key ?? '', ca: ca ?? '' };
  } catch (error) {
    throw new ConfigError(`${folder}: ${(error as Error).message}`);
  }
}
