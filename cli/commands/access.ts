import type { Command } from 'commander';
import { addVerb, CONTEXT, type RunVerb } from './verb';

interface Options {
  readonly context?: string;
  readonly out?: string;
}

/** `vigil access` */
export function registerAccess(program: Command, run: RunVerb): void {
  addVerb(
    program,
    'access',
    "write the CA and the technician's certificate, key and PKCS#12, readable by you alone",
  )
    .option(...CONTEXT)
    .option('--out <folder>', 'where to (default: .vigil/access)')
    .action((options: Options) =>
      run(async (session) => {
        const { access } = await import('../lib/access');
        await access(session, options);
      }),
    );
}
