import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Figure } from '../../../bench/lib/figures';
import { choose, type Menu } from '../../../bench/lib/menu';
import { ROOT } from '../../../cli/lib/paths';

const options = { size: { type: 'string', default: '1' } } as const;

const measure = (): Promise<Figure[]> => Promise.resolve([]);

const menu: Menu<typeof options> = {
  script: 'bench/sizes.ts',
  options,
  help: [['--size <number>', 'how large']],
  check: ({ size }) => {
    if (size === '0') throw new Error('--size 0: expected more');
  },
  benches: {
    small: { about: 'a small one', title: 'Small', minutes: () => 1, measure },
    large: { about: 'a large one', title: 'Large', minutes: () => 2, measure },
  },
};

describe('a script with several benches', () => {
  test('runs the one that is named, with the options and their defaults', () => {
    expect(choose(menu, ['large'])).toEqual({ bench: menu.benches.large, values: { size: '1' } });
    expect(choose(menu, ['--size', '3', 'small'])).toMatchObject({ values: { size: '3' } });
  });

  test('tells what there is, whatever else is said', () => {
    const { help } = choose(menu, ['nonsense', '--help']) as { help: string };
    expect(help).toBe(
      [
        'Usage: npx tsx bench/sizes.ts <bench> [options]',
        '',
        '  small            a small one',
        '  large            a large one',
        '  --size <number>  how large',
        '',
      ].join('\n'),
    );
  });

  test.each([
    [[], 'expected one of small, large, found: nothing'],
    [['medium'], 'expected one of small, large, found: medium'],
    [['small', 'large'], 'expected one of small, large, found: small large'],
    [['small', '--colour'], "'--colour'"],
    [['small', '--size', '0'], '--size 0: expected more'],
  ])('refuses %j', (args, said) => {
    expect(() => choose(menu, args)).toThrow(said);
  });
});

/** Runs a script with benches, as people do. */
const run = (script: string, ...args: string[]): Promise<{ stdout: string }> =>
  promisify(execFile)(process.execPath, [
    join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs'),
    join(ROOT, 'bench', script),
    ...args,
  ]);

test.each(['router.ts', 'logs.ts'])('bench/%s says how it is called', async (script) => {
  const { stdout } = await run(script, '--help');
  expect(stdout).toContain(`Usage: npx tsx bench/${script} <bench> [options]\n`);
});

test.each([
  ['--minutes', '31'],
  ['--lines', '0'],
])('bench/logs.ts refuses %s %s in one line', async (...option) => {
  await expect(run('logs.ts', 'outage', ...option)).rejects.toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^bench: --\w+ \d+: expected .+\n$/) as string,
  });
});
