import { createLogger } from '../../shared/logger';
import { shutdownSignal } from '../../shared/shutdown';
import { readEnvironment } from './config/environment';
import { ConfigError } from '../../shared/environment';
import { serve } from './serve';

const SERVICE = 'alert-router';

async function main(args: readonly string[]): Promise<void> {
  if (args.length > 0) {
    // Only then, for a server has no use for it.
    const { runCommand } = await import('./commands/program');
    process.exitCode = await runCommand(args, {
      env: process.env,
      write: (text) => void process.stdout.write(text),
      complain: (text) => void process.stderr.write(text),
      signal: new AbortController().signal,
    });
    return;
  }
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

void main(process.argv.slice(2));
