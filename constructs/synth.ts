import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { App, YamlOutputType, type ApiObject } from 'cdk8s';
import { contextOf } from './kubernetes';
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

/** The objects of a stack, in memory. */
export function manifestsOf(settings: Settings): Manifest[] {
  const app = new App();
  return vigil(app, contextOf(settings)).flatMap((chart) => chart.toJson() as Manifest[]);
}

/**
 * Synthesises the stack to a staging folder and then puts it in the place of `dist/`: when anything is wrong,
 * `dist/` stays as it was.
 *
 * @throws Error when the topology contradicts itself.
 */
export function synthesize(settings: Settings): SynthResult {
  const staging = process.env.CDK8S_OUTDIR ? resolve(process.env.CDK8S_OUTDIR) : STAGING;
  rmSync(staging, { recursive: true, force: true });
  const app = new App({ outdir: staging, yamlOutputType: YamlOutputType.FILE_PER_CHART });
  const charts = vigil(app, contextOf(settings));
  app.synth();
  const objects = charts.flatMap((chart) => chart.apiObjects.map((object: ApiObject) => object.toJson() as Manifest));
  const edited = publish(staging);
  return { outdir: DIST, files: manifestFiles(DIST), objects, edited };
}

function publish(staging: string): string[] {
  const edited = saveEdited();
  const next = `${DIST}.next`;
  rmSync(next, { recursive: true, force: true });
  mkdirSync(next);
  const files = manifestFiles(staging);
  const sums = files.map((file) => {
    const text = readFileSync(join(staging, file), 'utf8');
    writeFileSync(join(next, file), text);
    return `${sha256(text)}  ${file}\n`;
  });
  writeFileSync(join(next, CHECKSUMS), sums.join(''));
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
