import { once } from 'node:events';
import { systemClock } from '../../shared/clock';
import { ConfigError } from '../../shared/environment';
import { createLogger, type LogLevel, type Logger, upperCaseLevel } from '../../shared/logger';
import { shutdownSignal } from '../../shared/shutdown';
import { readEnvironment } from './environment';
import { startApp } from './serve';

const createAppLogger = (level?: LogLevel): Logger =>
  createLogger('sample-app', level, undefined, upperCaseLevel);

async function serve(): Promise<void> {
  let logger = createAppLogger();
  try {
    const environment = readEnvironment(process.env);
    logger = createAppLogger(environment.LOG_LEVEL);
    const signal = shutdownSignal(logger);
    const app = await startApp(environment, { clock: systemClock, logger });
    if (!signal.aborted) await once(signal, 'abort');
    await app.stop();
    // Not of itself: a connection in the middle of its handshake would hold the process.
    process.exit(0);
  } catch (error) {
    logger.fatal((error as Error).message);
    process.exit(error instanceof ConfigError ? 2 : 1);
  }
}

void serve();
