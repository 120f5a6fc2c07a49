import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError } from './errors';

/** Marks a kind cluster whose creation has begun and not ended: after a crash it is ours, and of no use. */
export class CreationMarker {
  private readonly file: string;

  public constructor(folder: string, cluster: string) {
    this.file = join(folder, `${cluster}.creating`);
  }

  public get isSet(): boolean {
    return existsSync(this.file);
  }

  public set(): void {
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(this.file, `${new Date().toISOString()}\n`);
  }

  public clear(): void {
    rmSync(this.file, { force: true });
  }
}

interface LockContent {
  readonly pid: number;
  readonly since: string;
}

/**
 * Takes the lock of a cluster, so that two runs do not undo each other's work. A lock whose process has gone is taken
 * over.
 *
 * @returns a function that gives the lock back.
 * @throws CliError when another process holds it.
 */
export function acquireLock(folder: string, cluster: string): () => void {
  const file = join(folder, `${cluster}.lock`);
  mkdirSync(folder, { recursive: true });
  while (!tryCreate(file)) {
    const holder = readLock(file);
    if (holder && isAlive(holder.pid)) {
      throw new CliError(
        `another run (process ${holder.pid}, since ${holder.since}) is working on cluster '${cluster}'; wait until it has ended`,
      );
    }
    discardStale(file, holder);
  }
  return () => {
    if (readLock(file)?.pid === process.pid) rmSync(file, { force: true });
  };
}

function tryCreate(file: string): boolean {
  const content: LockContent = { pid: process.pid, since: new Date().toISOString() };
  try {
    writeFileSync(file, JSON.stringify(content), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readLock(file: string): LockContent | undefined {
  try {
    const content = JSON.parse(readFileSync(file, 'utf8')) as Partial<LockContent>;
    return typeof content.pid === 'number'
      ? { pid: content.pid, since: String(content.since) }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Renamed before it is removed: of two processes that found the same stale lock only one can rename it. */
function discardStale(file: string, seen: LockContent | undefined): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  const taken = readLock(aside);
  if (taken && taken.pid !== seen?.pid && !existsSync(file)) renameSync(aside, file);
  else unlinkSync(aside);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
