import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Interrupted, UsageError } from './errors';
import type { Session } from './session';

/** Far more than any credential. */
const MAX_BYTES = 16 * 1024;

/**
 * Reads a secret: from a pipe as it is, from a terminal line by line without showing it. Never from an argument, which
 * every user of the machine could read in the list of processes.
 *
 * @param questions one for each line
 * @throws UsageError when there is nothing to read, or far too much
 */
export async function readSecretInput(
  { output, signal }: Session,
  questions: readonly string[],
): Promise<string> {
  const text = process.stdin.isTTY
    ? await askHidden(questions, output.progress, signal)
    : await readPipe(process.stdin, signal);
  const secret = text.replaceAll('\r\n', '\n').trim();
  if (secret === '') throw new UsageError('nothing was given; pipe the credential in, or type it');
  return secret;
}

async function askHidden(
  questions: readonly string[],
  screen: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<string> {
  // The terminal's own echo is off while readline reads, and what readline would show goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  const lines: string[] = [];
  try {
    for (const question of questions) {
      screen.write(`${question} (not shown): `);
      lines.push(await terminal.question('', { signal }));
      screen.write('\n');
    }
  } catch (error) {
    screen.write('\n');
    throw (error as Error).name === 'AbortError' ? new Interrupted() : error;
  } finally {
    terminal.close();
  }
  return lines.join('\n');
}

async function readPipe(input: NodeJS.ReadStream, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const stop = (): void => void input.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of input) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > MAX_BYTES) throw new UsageError('that is no credential: it is too long');
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  return Buffer.concat(chunks).toString('utf8');
}
