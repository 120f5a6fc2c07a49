import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..', '..');

/** What a synth reads; `dist/` and `build/` are not among it. */
const SOURCES = [
  'main.ts',
  'cdk8s.yaml',
  'vigil.config.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];
const FOLDERS = ['constructs', 'imports', 'pages', 'services'];

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A copy of the program in a folder of its own, so that a test never writes to the developer's `dist/`. */
export class Workspace {
  public readonly folder = mkdtempSync(join(tmpdir(), 'vigil-'));

  public constructor() {
    for (const source of [...SOURCES, ...FOLDERS]) {
      cpSync(join(ROOT, source), join(this.folder, source), { recursive: true });
    }
    // Windows lets everyone make junctions, but not every other link.
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'), 'junction');
  }

  public path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** Runs `main.ts` in a process of its own, with the settings of this text. */
  public synth(config: string): RunResult {
    const file = this.path('test.config.ts');
    writeFileSync(file, config);
    return this.synthWith(file);
  }

  /** Runs `main.ts` in a process of its own, with the settings of this file. */
  public synthWith(file: string): RunResult {
    return this.node(join('tsx', 'dist', 'cli.mjs'), ['main.ts'], { VIGIL_CONFIG: file });
  }

  /** Runs `cdk8s synth` in a process of its own. */
  public cdk8sSynth(): RunResult {
    // Without this the CLI asks the package registry for a newer version of itself.
    const env = { CDK8S_CHECK_UPGRADE: 'false' };
    return this.node(join('cdk8s-cli', 'bin', 'cdk8s'), ['synth'], env);
  }

  private node(script: string, args: string[], env: Record<string, string>): RunResult {
    const path = join(ROOT, 'node_modules', script);
    const { status, stdout, stderr } = spawnSync(process.execPath, [path, ...args], {
      cwd: this.folder,
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
    return { code: status, stdout, stderr };
  }

  public remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
