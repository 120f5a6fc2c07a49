/** What a verb ends with: well, failed, wrong input or settings, interrupted. */
export const ExitCode = { OK: 0, FAILED: 1, USAGE: 2, INTERRUPTED: 130 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** A failure whose message is the finished text for the person at the keyboard. */
export class CliError extends Error {
  public override readonly name: string = 'CliError';

  public constructor(
    message: string,
    public readonly exitCode: ExitCode = ExitCode.FAILED,
  ) {
    super(message);
  }
}

/** Wrong option, argument or answer; exit code 2. */
export class UsageError extends CliError {
  public override readonly name = 'UsageError';

  public constructor(message: string) {
    super(message, ExitCode.USAGE);
  }
}

/** Ctrl-C or SIGTERM; exit code 130. */
export class Interrupted extends CliError {
  public override readonly name = 'Interrupted';

  public constructor() {
    super('interrupted; run the same command again to go on', ExitCode.INTERRUPTED);
  }
}

/** The verb has said all there is to say; only the exit code is left. */
export class AlreadyReported extends CliError {
  public override readonly name = 'AlreadyReported';
}

/** The text and exit code of any error, and nothing of its stack. */
export function describeError(error: unknown): { message: string; exitCode: ExitCode } {
  if (error instanceof CliError) return { message: error.message, exitCode: error.exitCode };
  const message = error instanceof Error ? error.message : String(error);
  // By name, so that a wrong option does not load zod and cdk8s first.
  if (error instanceof Error && error.name === 'SettingsError') {
    return { message, exitCode: ExitCode.USAGE };
  }
  // Errors that nobody foresaw may carry a stack or a list of files in their message.
  return { message: message.split('\n')[0] ?? '', exitCode: ExitCode.FAILED };
}
