import type { Logger } from './logger';

/**
 * An AbortSignal that fires at the first SIGTERM or SIGINT. A second signal ends the process at
 * once with status 1, for whoever does not want to wait.
 */
export function shutdownSignal(logger: Logger): AbortSignal {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(1);
    logger.info({ signal: name }, 'shutting down');
    controller.abort();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return controller.signal;
}
