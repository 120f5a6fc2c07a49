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

  test.each(settingsFields().filter(({ hasDefault }) => !hasDefault))(
    'shows $path as a commented example',
    ({ path }) => {
      const text = readFileSync(join(ROOT, 'vigil.config.ts'), 'utf8');
      const name = path.split('.').at(-1) ?? '';
      expect(text).toMatch(new RegExp(`// +${name}: `));
    },
  );

  test.each(settingsFields())('documents $path with a default', ({ path, description }) => {
    const lines = readFileSync(join(ROOT, 'vigil.config.ts'), 'utf8').split('\n');
    const name = path.split('.').at(-1) ?? '';
    const at = lines.findIndex((line) => new RegExp(`^ *(// +)?${name}: `).test(line));

    expect(lines[at - 1]).toMatch(/\/\*\* .+ (Default: .+|Required)\. \*\/$/);
    expect(description).not.toBe('');
  });
});
