import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../cli/lib/exec';
import { CliError } from '../../../cli/lib/errors';
import type { Session } from '../../../cli/lib/session';
import type { Figure } from '../figures';
import { loadOptions, SINK_ROUTING } from './accept';
import { load } from './load';
import { benchConfig, withRig } from './rig';
import { withRouter } from './router';
import { answersOf, stepsOf } from './trace';

const HOOKS = 8;
const CALLS = 'pwrite64,fdatasync,fsync,write,writev,sendmsg,sendto';

/** What the kernel was asked for, in which order, before each answer: strace looks on while a few hooks come in. */
export const measureOrder = (session: Session, directory: string | undefined): Promise<Figure[]> =>
  withRig(session, directory, async (rig) => {
    await run('strace', ['--version'], { signal: rig.signal });
    const file = join(rig.folder, 'trace');
    // As a grandchild (-D), so that the process that the bench starts and ends is the router.
    const tracer = ['strace', '-D', '-f', '-ttt', '-yy', '-e', `trace=${CALLS}`, '-o', file];
    const options = { config: benchConfig(SINK_ROUTING), credentials: {}, tracer };
    const port = await withRouter(rig, options, async (router) => {
      const one = { ...loadOptions(rig, router.port, 30), connections: 1, hooks: HOOKS };
      const { hooks, refused } = await load(one);
      if (hooks !== HOOKS || refused > 0) throw new CliError('the hooks were not accepted');
      return router.port;
    });
    const answers = answersOf(stepsOf(await readFile(file, 'utf8'), port), HOOKS);
    for (const { calls } of answers) rig.output.note(calls.join(' -> '));
    return [
      { what: 'answers traced', value: answers.length, atLeast: HOOKS },
      {
        what: 'answered before the log was written and synced',
        value: answers.filter(({ durable }) => !durable).length,
        atMost: 0,
      },
    ];
  });
