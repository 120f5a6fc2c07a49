import { Command, CommanderError } from 'commander';
import { registerAccess } from './commands/access';
import { registerAlerts } from './commands/alerts';
import { registerCertificates } from './commands/certificates';
import { registerDown } from './commands/down';
import { registerDrill } from './commands/drill';
import { registerOpen } from './commands/open';
import { registerStart } from './commands/start';
import { registerStatus } from './commands/status';
import { registerSynth } from './commands/synth';
import { registerUp } from './commands/up';
import { registerTry } from './commands/try';
import type { RunVerb } from './commands/verb';
import { AlreadyReported, describeError, ExitCode, Interrupted } from './lib/errors';
import { Output } from './lib/output';
import { interruptSignal } from './lib/session';

/**
 * Runs one command line.
 *
 * @returns the exit code; the one place where errors become one.
 */
export async function runProgram(args: readonly string[]): Promise<number> {
  // Set before anything asks whether there is colour.
  if (args.includes('--no-color')) process.env.NO_COLOR = '1';
  const output = new Output(args.includes('--json'));
  const signal = interruptSignal(() => process.exit(ExitCode.INTERRUPTED));
  try {
    await buildProgram((work) => work({ output, signal })).parseAsync(args, { from: 'user' });
    return ExitCode.OK;
  } catch (error) {
    return reportError(error, output, signal);
  }
}

/** The program with all its verbs. */
export function buildProgram(run: RunVerb): Command {
  const program = new Command('vigil')
    .description('A secure monitoring stack for Kubernetes: verified TLS on every connection.')
    .helpCommand(false)
    // What follows a verb is the verb's; without it, a group of verbs takes the options of its verbs for its own.
    .enablePositionalOptions()
    .exitOverride()
    // Errors are thrown as well, and written once, with our prefix.
    .configureOutput({ writeErr: () => undefined });
  const registrations = [
    registerUp,
    registerStatus,
    registerAlerts,
    registerDrill,
    registerOpen,
    registerAccess,
    registerCertificates,
    registerDown,
    registerSynth,
    registerStart,
    registerTry,
  ];
  registrations.forEach((register) => register(program, run));
  return program;
}

function reportError(error: unknown, output: Output, signal: AbortSignal): number {
  if (error instanceof CommanderError) return reportCommandLine(error, output);
  if (error instanceof AlreadyReported) return error.exitCode;
  // Whatever broke because of Ctrl-C, broke because of Ctrl-C.
  const cause = signal.aborted ? new Interrupted() : error;
  const { message, exitCode } = describeError(cause);
  if (process.env.VIGIL_DEBUG && error instanceof Error) output.note(error.stack ?? '');
  output.error(message);
  if (output.json) output.result('', { ok: false, error: message });
  return exitCode;
}

/** Help is no error; a wrong word is one line, with the nearest right one. */
function reportCommandLine(error: CommanderError, output: Output): number {
  if (error.exitCode === 0) return ExitCode.OK;
  const isBare = error.code === 'commander.help';
  const text = isBare ? 'name a verb; see vigil --help' : error.message;
  output.error(text.replace(/^error: /, '').replaceAll('\n', ' '));
  return ExitCode.USAGE;
}
