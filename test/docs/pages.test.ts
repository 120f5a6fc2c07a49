import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseSettings } from '../../constructs/settings';
import { pages } from '../../docs/pages';
import { settingsFields } from '../../docs/settings';
import config from '../../vigil.config';

const ROOT = resolve(__dirname, '..', '..');

test.each(Object.entries(pages()))('docs/%s is current (npm run docs)', (file, text) => {
  const written = readFileSync(join(ROOT, 'docs', file), 'utf8').replaceAll('\r\n', '\n');

  expect(written).toBe(text);
});

describe('vigil.config.ts', () => {
  test('holds the default of every setting', () => {
    expect(parseSettings(config)).toEqual(parseSettings({}));
  });

  test.each(settingsFields().filter(({ hasDefault }) => hasDefault))('shows $path', ({ path }) => {
    const value = path
      .split('.')
      .reduce<unknown>(
        (parent, name) => (parent as Record<string, unknown> | undefined)?.[name],
        config,
      );
    expect(value).toBeDefined();
  });

  const lines = readFileSync(join(ROOT, 'vigil.config.ts'), 'utf8').split('\n');

  /** Index of the line that a path leads to, commented or not; -1 when there is none. */
  const lineOf = (path: string): number =>
    path
      .split('.')
      .map((name) => name.replace('[]', ''))
      .filter((name) => name !== '<name>')
      .reduce(
        (from, name) =>
          lines.findIndex(
            (line, index) => index > from && new RegExp(`^ *(// +)?${name}: `).test(line),
          ),
        -1,
      );

  test.each(settingsFields().filter(({ hasDefault }) => !hasDefault))(
    'shows $path, or a commented example of it',
    ({ path }) => {
      expect(lineOf(path)).toBeGreaterThan(0);
    },
  );

  test.each(settingsFields())('documents $path with a default', ({ path, description }) => {
    expect(lines[lineOf(path) - 1]).toMatch(/\/\*\* .+ (Default: .+|Required)\. \*\/$/);
    expect(description).not.toBe('');
  });
});
