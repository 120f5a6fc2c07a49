import type { Command } from 'commander';
import { addVerb, CONTEXT, type RunVerb, wholeNumber } from './verb';

interface Options {
  readonly context?: string;
  readonly yes?: boolean;
  readonly timeout: number;
}

/** `vigil drill` */
export function registerDrill(program: Command, run: RunVerb): void {
  addVerb(
    program,
    'drill',
    'cause a fault on purpose, see its alert reach the people, and clean up; exit code 1 if it did not',
  )
    .argument('[name]', 'a drill, or all (default: list them)')
    .option(...CONTEXT)
    .option(
      '--timeout <seconds>',
      'how long an alert may take beyond what its rule itself waits for',
      wholeNumber(1, 86_400),
      60,
    )
    .option('--yes', 'do not ask')
    .action((name: string | undefined, options: Options) =>
      run(async (session) => {
        const { drill, listDrills } = await import('../lib/drills/run');
        if (name === undefined) listDrills(session);
        else await drill(session, name, { ...options, yes: options.yes ?? false });
      }),
    );
}
