import type { Command } from 'commander';
import { addVerb, type RunVerb } from './verb';

/** `vigil synth` */
export function registerSynth(program: Command, run: RunVerb): void {
  addVerb(program, 'synth', 'write the manifests to dist/, without a cluster').action(() =>
    run(async ({ output }) => {
      const { loadSettings } = await import('../../constructs/settings');
      const { synthesize } = await import('../../constructs/synth');
      const { files, objects, outdir } = synthesize(loadSettings());
      const text = `${objects.length} objects in ${files.length} files: ${outdir}`;
      output.result(text, { ok: true, outdir, files, objects: objects.length });
      return Promise.resolve();
    }),
  );
}
