import { type Command, InvalidArgumentError } from 'commander';
import { addVerb, type RunVerb, wholeNumber } from './verb';

interface Options {
  readonly port: number;
  readonly browser: boolean;
  readonly speed: number;
}

/** `vigil try` */
export function registerTry(program: Command, run: RunVerb): void {
  addVerb(program, 'try', 'see alerts arrive on this machine: no cluster, no account, no Docker')
    .option('--port <number>', 'port of the page (default: a free one)', wholeNumber(1, 65_535), 0)
    .option('--no-browser', 'open no browser')
    .option('--speed <factor>', 'how fast the recording is played', speed, 1)
    .action((options: Options) =>
      run(async (session) => {
        const { tryOut } = await import('../lib/try/try');
        await tryOut(session, options);
      }),
    );
}

/** @throws InvalidArgumentError unless the text is a number within the bounds. */
function speed(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0.1 && value <= 20) return value;
  throw new InvalidArgumentError('Allowed: a number from 0.1 to 20.');
}
