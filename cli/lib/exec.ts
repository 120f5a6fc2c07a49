import { spawn } from 'node:child_process';
import { CliError } from './errors';

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Written to the program's standard input. */
  readonly input?: string;
  /** Called with each line of stderr, where docker and kind report progress. */
  readonly onLine?: (line: string) => void;
}

/** A program that could not be started or ended with another code than 0. */
export class CommandError extends CliError {
  public override readonly name = 'CommandError';

  public constructor(
    public readonly program: string,
    public readonly args: readonly string[],
    public readonly stderr: string,
    /** True when there is no such program on the PATH. */
    public readonly notFound: boolean,
  ) {
    super(notFound ? `${program}: not found on the PATH` : explain(program, args, stderr));
  }
}

/**
 * Runs a program without a shell, so that nothing needs quoting on any system.
 *
 * @returns what it wrote to stdout.
 * @throws CommandError
 */
export function run(program: string, args: string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const { signal } = options;
    const child = spawn(program, args, { signal, env: process.env, windowsHide: true });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      for (const line of text.split(/[\r\n]+/)) if (line.trim()) options.onLine?.(line.trim());
    });
    // A program that ends without reading its input (EPIPE) says why on stderr.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('error', (error: NodeJS.ErrnoException) => {
      const notFound = error.code === 'ENOENT';
      reject(
        signal?.aborted
          ? (signal.reason as Error)
          : new CommandError(program, args, error.message, notFound),
      );
    });
    child.on('close', (code) => {
      if (code === 0) resolve(stdout);
      else reject(new CommandError(program, args, stderr, false));
    });
  });
}

function explain(program: string, args: readonly string[], stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).filter((line) => line.trim());
  const telling = lines.find((line) => /error|denied|cannot|fail/i.test(line)) ?? lines.at(-1);
  return `${[program, ...args.slice(0, 3).filter((arg) => !arg.startsWith('-'))].join(' ')} failed: ${telling?.trim() ?? 'it gave no reason'}`;
}
