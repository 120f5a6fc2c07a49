import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder as kubelet mounts a Secret or a ConfigMap: each file is a link into `..data`, which is a link to a folder
 * that is replaced as a whole (its AtomicWriter).
 */
export class MountedVolume {
  readonly folder = mkdtempSync(join(tmpdir(), 'vigil-volume-'));
  private generation = 0;

  constructor(files: Readonly<Record<string, string>>) {
    this.replace(files);
    for (const name of Object.keys(files))
      symlinkSync(join('..data', name), join(this.folder, name));
  }

  /** All files at once. */
  replace(files: Readonly<Record<string, string>>): void {
    this.generation += 1;
    const directory = `..${this.generation}`;
    mkdirSync(join(this.folder, directory));
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(this.folder, directory, name), text);
    }
    symlinkSync(directory, join(this.folder, '..data_tmp'));
    renameSync(join(this.folder, '..data_tmp'), join(this.folder, '..data'));
    rmSync(join(this.folder, `..${this.generation - 1}`), { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
