import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { App } from 'cdk8s';
import { contextOf, toYaml, type Context } from './kubernetes';
import type { Settings } from './settings';
import { vigil } from './vigil';

const ROOT = resolve(__dirname, '..');

/** Where `npx cdk8s synth` and we both stage; see cdk8s.yaml. */
const STAGING = join(ROOT, 'build', 'synth');
const DIST = join(ROOT, 'dist');
const CHECKSUMS = 'SHA256SUMS';

/** A Kubernetes object as it is written to `dist/`. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

export interface SynthResult {
  readonly outdir: string;
  /** File names in `outdir`, in the order of applying. */
  readonly files: readonly string[];
  /** All objects in the order of applying. */
  readonly objects: readonly Manifest[];
  /** Files that had been edited by hand since the last synth; a copy of each is under `build/edited/`. */
  readonly edited: readonly string[];
}

/** One file of `dist/`. */
interface ManifestFile {
  readonly name: string;
  readonly objects: readonly Manifest[];
}

/**
 * The files of a stack, in memory. The charts' own order is the order of applying: cdk8s would sort a chain of chart
 * dependencies, which takes it seconds for a dozen charts (`App.synth`, 2.70).
 */
function filesOf(context: Context): ManifestFile[] {
  return vigil(new App(), context).map((chart, index) => ({
    name: `${String(index).padStart(4, '0')}-${chart.node.id}.k8s.yaml`,
    objects: chart.toJson() as Manifest[],
  }));
}

/** The objects of a stack in the order of applying. */
export const manifestsOf = (context: Context): Manifest[] =>
  filesOf(context).flatMap(({ objects }) => objects);

/**
 * Synthesises the stack to a staging folder and then puts it in the place of `dist/`: when anything is wrong,
 * `dist/` stays as it was.
 *
 * @throws Error when the topology contradicts itself.
 */
export function synthesize(settings: Settings): SynthResult {
  const files = filesOf(contextOf(settings));
  const staging = process.env.CDK8S_OUTDIR ? resolve(process.env.CDK8S_OUTDIR) : STAGING;
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  const sums = files.map(({ name, objects }) => {
    const text = objects.map(toYaml).join('---\n');
    writeFileSync(join(staging, name), text);
    return `${sha256(text)}  ${name}\n`;
  });
  writeFileSync(join(staging, CHECKSUMS), sums.join(''));
  return {
    outdir: DIST,
    files: files.map(({ name }) => name),
    objects: files.flatMap(({ objects }) => objects),
    edited: publish(staging),
  };
}

function publish(staging: string): string[] {
  const edited = saveEdited();
  const next = `${DIST}.next`;
  rmSync(next, { recursive: true, force: true });
  cpSync(staging, next, { recursive: true });
  rmSync(DIST, { recursive: true, force: true });
  renameSync(next, DIST);
  return edited;
}

/** `dist/` is overwritten, but nothing that someone wrote there by hand is lost. */
function saveEdited(): string[] {
  const sums = join(DIST, CHECKSUMS);
  if (!existsSync(sums)) return [];
  const known = new Map(
    readFileSync(sums, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(66), line.slice(0, 64)] as const),
  );
  const edited = manifestFiles(DIST).filter(
    (file) => sha256(readFileSync(join(DIST, file), 'utf8')) !== known.get(file),
  );
  if (edited.length > 0) mkdirSync(join(ROOT, 'build', 'edited'), { recursive: true });
  for (const file of edited) renameSync(join(DIST, file), join(ROOT, 'build', 'edited', file));
  return edited;
}

const manifestFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort();

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
