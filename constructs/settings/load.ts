import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { describeIssues, SettingsError } from './errors';
import { settingsSchema, type Settings, type VigilConfig } from './schema';

const DEFAULT_FILE = resolve(__dirname, '..', '..', 'vigil.config.ts');

/** Types the user's file; returns what it is given. */
export const defineConfig = (config: VigilConfig): VigilConfig => config;

/**
 * Validates settings and fills in the defaults.
 *
 * @throws SettingsError with one line for each mistake.
 */
export function parseSettings(input: unknown, file = 'vigil.config.ts'): Settings {
  const result = settingsSchema.safeParse(input);
  if (!result.success) {
    throw new SettingsError(describeIssues(file, result.error.issues, input));
  }
  return result.data;
}

/**
 * Reads and validates the user's settings file (`VIGIL_CONFIG`, or `vigil.config.ts` beside `main.ts`).
 *
 * @throws SettingsError when the file is missing, does not compile, has no default export, or holds a mistake.
 */
export function loadSettings(file = process.env.VIGIL_CONFIG ?? DEFAULT_FILE): Settings {
  const path = resolve(file);
  if (!existsSync(path)) {
    throw new SettingsError(
      `${path}: no such file; allowed: a settings file such as vigil.config.ts`,
    );
  }
  const name = basename(path);
  const module = evaluate(path, name);
  if (module.default === undefined) {
    throw new SettingsError(
      `${name}: found no default export, allowed: export default defineConfig({ … })`,
    );
  }
  return parseSettings(module.default, name);
}

function evaluate(path: string, name: string): { readonly default?: unknown } {
  try {
    // The file is TypeScript and synchronous reading keeps main.ts plain: tsx and jest both compile on require.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    return require(path) as { readonly default?: unknown };
  } catch (error) {
    const reason = reasonOf(error, path);
    throw new SettingsError(`${name}: cannot be read as TypeScript: ${reason}`);
  }
}

/** One line of an error; compilers put a heading above the line that says what is wrong and where. */
function reasonOf(error: unknown, path: string): string {
  const lines = (error instanceof Error ? error.message : String(error))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const [line = 'no reason given'] = [...lines.filter((text) => text.includes('ERROR:')), ...lines];
  return line.replace(`${path}:`, 'line ').replace('ERROR: ', '');
}
