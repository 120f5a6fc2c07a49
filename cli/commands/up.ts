import type { Command } from 'commander';
import { addVerb, CONTEXT, type RunVerb, wholeNumber } from './verb';

interface Options {
  readonly context?: string;
  readonly timeout: number;
}

/** `vigil up` */
export function registerUp(program: Command, run: RunVerb): void {
  addVerb(
    program,
    'up',
    'create the cluster if there is none, install or update Vigil, prove that it works',
  )
    .option(...CONTEXT)
    .option(
      '--timeout <seconds>',
      'how long rollout and proof may each take',
      wholeNumber(1, 86_400),
      600,
    )
    .action((options: Options) =>
      run(async (session) => {
        const { up } = await import('../lib/up');
        await up(session, options);
      }),
    );
}
