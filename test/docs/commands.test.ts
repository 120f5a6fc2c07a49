import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { buildProgram } from '../../cli/program';

const ROOT = resolve(__dirname, '..', '..');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];

const program = buildProgram(() => Promise.resolve());

/** What a command line says that the program does not know; undefined when it knows all of it. */
function unknownIn(words: readonly string[]): string | undefined {
  let command: Command = program;
  for (const word of words) {
    if (word.startsWith('--')) {
      const known = ['--help', ...command.options.map(({ long }) => long)];
      if (!known.includes(word)) return word;
      continue;
    }
    const next = command.commands.find((one) => one.name() === word);
    // Behind the last verb come its arguments.
    if (!next && command.commands.length > 0) return word;
    command = next ?? command;
  }
  return undefined;
}

const lines = pages.flatMap((page) =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(/npx vigil ([a-z][^\n`#<>|…(]*)/g)].map(
    ([, words = '']) => [page, words.trim()] as const,
  ),
);

test.each([...new Map(lines.map((line) => [line.join(), line])).values()])(
  '%s: vigil %s is a command',
  (_, words) => {
    expect(unknownIn(words.split(/\s+/))).toBeUndefined();
  },
);

test('one that is not is found', () => {
  expect(unknownIn(['certificates', 'rotate'])).toBe('rotate');
  expect(unknownIn(['certificates', 'rotate-root', '--yes'])).toBeUndefined();
  expect(unknownIn(['up', '--contekst'])).toBe('--contekst');
  expect(unknownIn(['drill', 'errors'])).toBeUndefined();
  expect(unknownIn(['nonsense'])).toBe('nonsense');
});
