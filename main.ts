import { loadSettings, SettingsError } from './constructs/settings';
import { synthesize } from './constructs/synth';

try {
  const { outdir, files, objects, edited } = synthesize(loadSettings());
  for (const file of edited)
    process.stderr.write(`dist/${file} had been edited by hand: kept in build/edited/\n`);
  process.stderr.write(`${objects.length} objects in ${files.length} files: ${outdir}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof SettingsError ? 2 : 1;
}
