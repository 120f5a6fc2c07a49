import { Interrupted } from './errors';
import type { Output } from './output';

/** What every verb is given. */
export interface Session {
  readonly output: Output;
  /** Aborted by Ctrl-C; every wait, request and child process of a verb ends with it. */
  readonly signal: AbortSignal;
}

/**
 * Turns the first Ctrl-C (or SIGTERM) into an abort, and the second into the end of the process.
 *
 * @param forceExit ends the process at once.
 */
export function interruptSignal(forceExit: () => void): AbortSignal {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) forceExit();
    controller.abort(new Interrupted());
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return controller.signal;
}
