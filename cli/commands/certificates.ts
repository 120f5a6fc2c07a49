import type { Command } from 'commander';
import type { AuthorityAction } from '../lib/authority';
import { addVerb, CONTEXT, type RunVerb } from './verb';

interface Options {
  readonly context?: string;
  readonly yes?: boolean;
}

/** `vigil certificates status|recover|rotate-root` */
export function registerCertificates(program: Command, run: RunVerb): void {
  const group = program
    .command('certificates')
    .description('show certificates, and change their authority')
    .helpCommand(false);
  addVerb(group, 'status', 'list every certificate with the days it has left')
    .option(...CONTEXT)
    .action((options: Options) =>
      run(async (session) => {
        const { showCertificates } = await import('../lib/authority');
        await showCertificates(session, options.context);
      }),
    );
  addChange(group, 'recover', 'make a new authority after the old one was lost', run);
  addChange(group, 'rotate-root', 'replace the root, with old and new trusted meanwhile', run);
}

function addChange(
  group: Command,
  action: AuthorityAction,
  description: string,
  run: RunVerb,
): void {
  addVerb(group, action, description)
    .option(...CONTEXT)
    .option('--yes', 'do not ask')
    .action((options: Options) =>
      run(async (session) => {
        const { changeAuthority } = await import('../lib/authority');
        const { context, yes = false } = options;
        await changeAuthority(session, action, { context, yes });
      }),
    );
}
