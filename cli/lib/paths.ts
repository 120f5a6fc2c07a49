import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder that holds package.json and vigil.config.ts. */
export const ROOT = resolve(__dirname, '..', '..');

/** What the cli keeps between runs (never committed): `.vigil/`, made when it is missing. */
export function stateFolder(): string {
  const folder = join(ROOT, '.vigil');
  mkdirSync(folder, { recursive: true });
  return folder;
}
