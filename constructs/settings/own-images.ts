import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ownServices, type OwnService } from './images';

const ROOT = join(__dirname, '..', '..');

/** An image that we build: where from, and the tag that its sources determine. */
export interface OwnImage {
  readonly key: OwnService;
  /** Folder under `services/`. */
  readonly service: string;
  readonly image: string;
}

/**
 * Our images, tagged with a hash of all that goes into them (the service's folder, what services share, and the
 * lock file), so that a changed service is a changed manifest, an unchanged one is not built twice, and two machines
 * agree on the name.
 */
export function ownImages(): OwnImage[] {
  const shared = [...filesBelow(join(ROOT, 'services', 'shared')), join(ROOT, 'package-lock.json')];
  return Object.entries(ownServices).map(([key, service]) => {
    const sources = [...filesBelow(join(ROOT, 'services', service)), ...shared];
    return {
      key: key as OwnService,
      service,
      image: `vigil.local/${service}:${hashOf(sources)}`,
    };
  });
}

function hashOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    // The name is hashed with forward slashes, so that Windows gets the same tag.
    hash.update(relative(ROOT, file).split(sep).join('/')).update('\0');
    hash.update(readFileSync(file, 'utf8').replaceAll('\r\n', '\n')).update('\0');
  }
  return hash.digest('hex').slice(0, 12);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
