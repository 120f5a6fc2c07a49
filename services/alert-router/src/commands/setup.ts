import { systemClock } from '../../../shared/clock';
import { createLogger } from '../../../shared/logger';
import { readEnvironment } from '../config/environment';
import { loadConfig, loadCredentials } from '../config/load';
import type { Snapshot } from '../config/snapshot';
import { buildDestinations, SharedState } from '../destinations/index';
import type { Destination, Parked } from '../model';

/** Configuration and credentials, as the commands use them: once. */
export type Setup = Pick<Snapshot, 'config' | 'credentials'>;

/**
 * Reads what the running router reads.
 * @throws ConfigError when it cannot be used; the message is one line
 */
export async function readSetup(env: NodeJS.ProcessEnv): Promise<Setup> {
  const { configFile, credentials } = readEnvironment(env);
  const config = await loadConfig(configFile);
  return {
    config,
    credentials: await loadCredentials(credentials, Object.keys(config.destinations)),
  };
}

/** Destinations for a few calls by hand, without a memory of earlier ones. Whoever uses them closes them. */
export function destinationsOf(setup: Setup): (Destination | Parked)[] {
  const logger = createLogger('alert-router', 'silent');
  return buildDestinations(setup, new SharedState({ clock: systemClock, logger }));
}

/** Wrong input to a command; the message is one line. */
export class InputError extends Error {}
