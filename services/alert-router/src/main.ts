import { createLogger } from '../../shared/logger';
import { shutdownSignal } from '../../shared/shutdown';
import { readEnvironment } from './config/environment';
import { ConfigError } from './config/schema';
import { serve } from './serve';

const SERVICE = 'alert-router';

async function main(): Promise<void> {
  let logger = createLogger(SERVICE);
  try {
    const environment = readEnvironment(process.env);
    logger = createLogger(SERVICE, environment.logLevel);
    await serve(environment, logger, shutdownSignal(logger));
  } catch (error) {
    logger.fatal((error as Error).message);
    process.exit(error instanceof ConfigError ? 2 : 1);
  }
}

void main();
