import { CliError, describeError, ExitCode } from '../../cli/lib/errors';
import { Output } from '../../cli/lib/output';
import { interruptSignal, type Session } from '../../cli/lib/session';
import { figureTable, withinBounds, type Figure } from './figures';

export interface BenchProps {
  readonly title: string;
  /** The bench is stopped, and fails, after this many minutes. */
  readonly minutes: number;
  /** Measures; what it notes on the way goes to stderr, so that stdout holds nothing but the table. */
  readonly measure: (session: Session) => Promise<readonly Figure[]>;
}

/** Runs one bench and prints its table. The exit code is 1 when a figure is over its bound, or nothing was measured. */
export async function bench({ title, minutes, measure }: BenchProps): Promise<void> {
  const deadline = new AbortController();
  const timer = setTimeout(
    () => deadline.abort(new CliError(`stopped: it took longer than ${minutes} minutes`)),
    minutes * 60_000,
  );
  const signal = AbortSignal.any([
    deadline.signal,
    interruptSignal(() => process.exit(ExitCode.INTERRUPTED)),
  ]);
  try {
    const figures = await measure({ output: new Output(true), signal });
    process.stdout.write(`${title}\n${figureTable(figures).join('\n')}\n`);
    process.exitCode = withinBounds(figures) ? ExitCode.OK : ExitCode.FAILED;
  } catch (error) {
    const { message, exitCode } = describeError(signal.aborted ? signal.reason : error);
    process.stderr.write(`bench: ${message}\n`);
    process.exitCode = exitCode;
  } finally {
    clearTimeout(timer);
  }
}
