import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A PATH of one folder, with real little programs in place of docker and kind that note how they were called. */
export class FakeTools {
  public readonly folder = mkdtempSync(join(tmpdir(), 'vigil-tools-'));
  private readonly before = process.env.PATH;

  public constructor() {
    process.env.PATH = this.folder;
  }

  /** @param body lines of a POSIX shell script; `$*` are its arguments. */
  public install(name: 'docker' | 'kind' | 'kubectl', body: string): this {
    const file = join(this.folder, name);
    writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> "${this.log}"\n${body}\n`);
    chmodSync(file, 0o755);
    return this;
  }

  /** Command lines so far. */
  public get calls(): string[] {
    return existsSync(this.log) ? readFileSync(this.log, 'utf8').split('\n').filter(Boolean) : [];
  }

  /** A file beside the programs, for scripts that remember something. */
  public path(name: string): string {
    return join(this.folder, name);
  }

  public remove(): void {
    process.env.PATH = this.before;
    rmSync(this.folder, { recursive: true });
  }

  private get log(): string {
    return join(this.folder, 'calls.log');
  }
}
