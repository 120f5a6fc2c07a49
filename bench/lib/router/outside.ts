import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { CliError } from '../../../cli/lib/errors';
import type { LoadOptions, LoadResult } from './load';

type Reply = { readonly result: LoadResult } | { readonly failure: string };

/**
 * Loads from a process of its own, so that the bench's own work does not show in the times.
 *
 * @throws CliError when the load could not be brought to its end
 */
export async function loadFromOutside(
  options: LoadOptions,
  signal: AbortSignal,
): Promise<LoadResult> {
  // Inherits how this process was started, and so that it reads TypeScript.
  const child = fork(join(__dirname, 'loader.ts'));
  try {
    child.send(options);
    const ended = once(child, 'exit', { signal }).then(([code]) => {
      throw new CliError(`the loader ended with code ${String(code)}`);
    });
    // After the answer it ends as well, which is no news to anybody.
    ended.catch(() => undefined);
    const answered = once(child, 'message', { signal }) as Promise<[Reply]>;
    const [reply] = await Promise.race([answered, ended]);
    if ('failure' in reply) throw new CliError(`the load broke off: ${reply.failure}`);
    return reply.result;
  } finally {
    child.kill('SIGKILL');
  }
}
