import type { Command } from 'commander';
import { addVerb, CONTEXT, type RunVerb } from './verb';

/** `vigil status` */
export function registerStatus(program: Command, run: RunVerb): void {
  addVerb(
    program,
    'status',
    'show nodes, components, targets, certificates and alerts; exit code 1 if not all is well',
  )
    .option(...CONTEXT)
    .action((options: { readonly context?: string }) =>
      run(async (session) => {
        const { status } = await import('../lib/status');
        await status(session, options.context);
      }),
    );
}
