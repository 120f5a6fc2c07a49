import type { Command } from 'commander';
import { addVerb, type RunVerb } from './verb';

/** `vigil start` */
export function registerStart(program: Command, run: RunVerb): void {
  addVerb(
    program,
    'start',
    'do as much as this machine allows: `up`, or a synthesised dist/ and the next steps',
  ).action(() =>
    run(async (session) => {
      const { start } = await import('../lib/start');
      await start(session);
    }),
  );
}
