import { createInterface } from 'node:readline/promises';
import { UsageError } from './errors';
import type { Session } from './session';

/**
 * Asks before something that cannot be undone.
 *
 * @param yes the answer given in advance, by `--yes`.
 * @returns false for any answer but y or yes.
 * @throws UsageError when there is nobody to ask.
 */
export async function confirm(
  { output, signal }: Session,
  question: string,
  yes: boolean,
): Promise<boolean> {
  if (yes) return true;
  if (output.json || !process.stdin.isTTY) {
    throw new UsageError(`${question} There is no terminal to ask on; add --yes if you mean it`);
  }
  const terminal = createInterface({ input: process.stdin, output: output.progress });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
