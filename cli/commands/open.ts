import { Argument, type Command } from 'commander';
import { componentOf, components, PAGES, TECHNICIAN_DOORS } from '../../constructs/topology';
import { addVerb, CONTEXT, type RunVerb, wholeNumber } from './verb';

interface Options {
  readonly context?: string;
  readonly port?: number;
  readonly browser: boolean;
  readonly printPassword?: boolean;
}

/** What can be opened, by the name that people know. */
const doors = [...TECHNICIAN_DOORS, ...PAGES].map((key) => componentOf(key, components[key]));

/** `vigil open` */
export function registerOpen(program: Command, run: RunVerb): void {
  addVerb(program, 'open', 'reach a web interface from this machine, until Ctrl-C')
    .addArgument(new Argument('<component>', 'what to open').choices(doors.map(({ name }) => name)))
    .option(...CONTEXT)
    .option('--port <number>', 'local port (default: a free one)', wholeNumber(1, 65_535))
    .option('--no-browser', 'open no browser')
    .option('--print-password', 'print the password, of what has a login')
    .action((name: string, options: Options) =>
      run(async (session) => {
        const { open } = await import('../lib/open');
        await open(session, name, {
          ...options,
          printPassword: options.printPassword ?? false,
        });
      }),
    );
}
