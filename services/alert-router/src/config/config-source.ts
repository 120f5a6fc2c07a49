import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import { loadConfig, loadCredentials } from './load';
import type { ConfigSource, Snapshot } from './snapshot';

/** Between two looks at the files, in milliseconds. Reading them is right also where the kubelet swaps links. */
const POLL_MS = 2_000;

export interface WatchedConfigOptions {
  readonly configFile: string;
  /** Folder with one file for each destination that has a credential. */
  readonly credentials: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: { setConfigReload(succeeded: boolean): void };
}

/** The configuration and the credentials, as their files change. A broken change leaves the last good one in use. */
export class WatchedConfig implements ConfigSource {
  private readonly listeners: ((snapshot: Snapshot) => void)[] = [];
  private complaint: string | undefined;

  private constructor(
    private readonly options: WatchedConfigOptions,
    private snapshot: Snapshot,
  ) {}

  /** @throws ConfigError when there is no valid configuration to begin with */
  static async open(options: WatchedConfigOptions): Promise<WatchedConfig> {
    return new WatchedConfig(options, { ...(await read(options)), revision: 1 });
  }

  get current(): Snapshot {
    return this.snapshot;
  }

  onChange(listener: (snapshot: Snapshot) => void): void {
    this.listeners.push(listener);
  }

  /** Looks at the files every two seconds until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.options.clock.sleep(POLL_MS, signal);
      if (!signal.aborted) await this.poll();
    }
  }

  /** Looks at the files once. */
  async poll(): Promise<void> {
    const { logger, metrics } = this.options;
    try {
      const next = await read(this.options);
      metrics.setConfigReload(true);
      this.complaint = undefined;
      this.use(next);
    } catch (error) {
      // Whatever is wrong with it, and be it we ourselves: alerts go on by the old one.
      const { message } = error as Error;
      metrics.setConfigReload(false);
      if (this.complaint === message) return;
      this.complaint = message;
      logger.error({ error: message }, 'the new configuration is refused, the old one stays');
    }
  }

  private use(next: Omit<Snapshot, 'revision'>): void {
    const { config, credentials, revision } = this.snapshot;
    if (isDeepStrictEqual(next, { config, credentials })) return;
    this.snapshot = { ...next, revision: revision + 1 };
    this.options.logger.info({ revision: revision + 1 }, 'the configuration changed');
    for (const listener of this.listeners) listener(this.snapshot);
  }
}

async function read({
  configFile,
  credentials,
}: WatchedConfigOptions): Promise<Omit<Snapshot, 'revision'>> {
  const config = await loadConfig(configFile);
  return {
    config,
    credentials: await loadCredentials(credentials, Object.keys(config.destinations)),
  };
}
