import type { Command } from 'commander';
import { addVerb, CONTEXT, type RunVerb } from './verb';

interface Options {
  readonly context?: string;
  readonly yes?: boolean;
}

/** `vigil down` */
export function registerDown(program: Command, run: RunVerb): void {
  addVerb(program, 'down', 'delete what `vigil up` made, and nothing else')
    .option(...CONTEXT)
    .option('--yes', 'do not ask')
    .action((options: Options) =>
      run(async (session) => {
        const { down } = await import('../lib/down');
        await down(session, { context: options.context, yes: options.yes ?? false });
      }),
    );
}
