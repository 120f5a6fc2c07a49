import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..', '..', '..');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `vigil up --json` prints, as far as the tests read it. */
export interface UpReport {
  readonly ok: boolean;
  readonly seconds: number;
  readonly clusterCreated: boolean;
  readonly objects: {
    created: number;
    changed: number;
    unchanged: number;
    pruned: number;
    changedNames: string[];
  };
  readonly jobs: { job: string; up: number; total: number }[];
  readonly notes: string[];
}

export const environment: NodeJS.ProcessEnv = {
  ...process.env,
  NO_COLOR: '1',
  VIGIL_CONFIG: join(__dirname, 'vigil.config.ts'),
};

/** Starts the real program, as `npx vigil` does, in a process group of its own, as a terminal does. */
export function startVigil(args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, [join(ROOT, 'cli', 'bin.cjs'), ...args], {
    cwd: ROOT,
    env: { ...environment, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
}

/** Ctrl-C: a terminal sends it to the whole process group. */
export function pressCtrlC({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGINT');
}

/** Runs the real program to its end, with this on its standard input. */
export async function vigil(
  args: string[],
  env: NodeJS.ProcessEnv = {},
  input = '',
): Promise<Finished> {
  const child = startVigil(args, env);
  child.stdin?.end(input);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** `vigil up --json`, which must succeed. */
export async function up(env: NodeJS.ProcessEnv = {}): Promise<UpReport> {
  const { code, stdout, stderr } = await vigil(['up', '--json'], env);
  if (code !== 0) throw new Error(`vigil up ended with ${code}:\n${stderr}\n${stdout}`);
  return JSON.parse(stdout) as UpReport;
}
