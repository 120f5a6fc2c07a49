import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import type { TlsMaterial } from '../../../shared/tls-server';
import { loadTls } from './load';

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
