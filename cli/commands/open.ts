import { Argument, type Command } from 'commander';
import { TECHNICIAN_DOORS } from '../../constructs/topology';
import type { Openable } from '../lib/open';
import { addVerb, CONTEXT, type RunVerb, wholeNumber } from './verb';

interface Options {
  readonly context?: string;
  readonly port?: number;
  readonly browser: boolean;
  readonly printPassword?: boolean;
}

/** `vigil open` */
export function registerOpen(program: Command, run: RunVerb): void {
  addVerb(program, 'open', 'reach a web interface from this machine, until Ctrl-C')
    .addArgument(new Argument('<component>', 'what to open').choices(TECHNICIAN_DOORS))
    .option(...CONTEXT)
    .option('--port <number>', 'local port (default: a free one)', wholeNumber(1, 65_535))
    .option('--no-browser', 'open no browser')
    .option('--print-password', "print the password of Grafana's administrator")
    .action((component: Openable, options: Options) =>
      run(async (session) => {
        const { open } = await import('../lib/open');
        await open(session, component, {
          ...options,
          printPassword: options.printPassword ?? false,
        });
      }),
    );
}
