import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { RouterConfig } from '../../../../constructs/alert-router/router-config';
import { ConfigError } from '../../../shared/environment';
import { parseConfig } from './schema';

/**
 * Reads the configuration's file.
 * @throws ConfigError naming the file and what is wrong with it
 */
export async function loadConfig(file: string): Promise<RouterConfig> {
  try {
    return parseConfig(await readFile(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(`${file}: ${(error as Error).message}`);
  }
}

/** The credentials that exist, by destination. A file that is missing, empty or cannot be read is none. */
export async function loadCredentials(
  folder: string,
  destinations: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const read = async (name: string): Promise<[string, string]> => [
    name,
    await readFile(path.join(folder, name), 'utf8').catch(() => ''),
  ];
  const all = await Promise.all(destinations.map(read));
  return new Map(all.map(([name, text]): [string, string] => [name, text.trim()]).filter(hasText));
}

const hasText = ([, text]: [string, string]): boolean => text !== '';
