import { PassThrough } from 'node:stream';
import { describeError, ExitCode, Interrupted, UsageError } from '../../../cli/lib/errors';
import { formatSeconds, formatTable, Output } from '../../../cli/lib/output';
import { runSteps } from '../../../cli/lib/steps';

interface Captured {
  readonly output: Output;
  readonly text: { stdout: string; stderr: string };
}

function capture(json: boolean): Captured {
  const text = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr'): NodeJS.WriteStream =>
    new PassThrough().on('data', (chunk: Buffer) => (text[name] += chunk.toString())) as never;
  return { output: new Output(json, stream('stdout'), stream('stderr')), text };
}

test('with --json, stdout holds the document and nothing else', () => {
  const { output, text } = capture(true);
  output.note('working');
  output.result('done', { ok: true });
  expect(JSON.parse(text.stdout)).toEqual({ ok: true });
  expect(text.stderr).toBe('working\n');
});

test('for people, progress and result are on stdout, mistakes on stderr, one prefixed line each', () => {
  const { output, text } = capture(false);
  output.note('working');
  output.result('done', { ok: true });
  output.error('first\nsecond');
  expect(text).toEqual({ stdout: 'working\ndone\n', stderr: 'vigil: first\nvigil: second\n' });
});

test('what is no terminal gets no colour', () => {
  expect(capture(false).output.style('red', 'text')).toBe('text');
});

test.each([
  [420, '0.4 s'],
  [31_240, '31.2 s'],
  [125_000, '2 min 5 s'],
])('%i ms is %s', (milliseconds, text) => {
  expect(formatSeconds(milliseconds)).toBe(text);
});

test('columns are as wide as their widest cell, and no line ends in blanks', () => {
  expect(formatTable([['a', 'bb', 'c'], ['aaa', 'b', ''], ['x']])).toEqual([
    'a    bb  c',
    'aaa  b',
    'x',
  ]);
});

test('exit codes: 130 for Ctrl-C, 2 for input and settings, 1 for the rest, which keeps to one line', () => {
  const settings = Object.assign(new Error('a: found 1\nb: found 2'), { name: 'SettingsError' });
  expect(describeError(new Interrupted()).exitCode).toBe(ExitCode.INTERRUPTED);
  expect(describeError(new UsageError('x')).exitCode).toBe(ExitCode.USAGE);
  expect(describeError(settings)).toEqual({ message: settings.message, exitCode: ExitCode.USAGE });
  expect(describeError(new TypeError('x\n    at y'))).toEqual({
    message: 'x',
    exitCode: ExitCode.FAILED,
  });
});

test('steps: a line for each change of what is waited for, and one with result and time', async () => {
  const { output, text } = capture(false);
  const times = await runSteps(
    [
      [
        {
          title: 'Wait',
          run: (report) => {
            ['a', 'a', 'b'].forEach(report);
            return Promise.resolve('3 seen');
          },
        },
      ],
    ],
    output,
  );
  expect(text.stdout).toMatch(/^ +Wait: a\n +Wait: b\nok {6}Wait: 3 seen \(0\.\d s\)\n$/);
  expect(times).toEqual([{ step: 'Wait', seconds: expect.any(Number) as number }]);
});

test('steps side by side all end before the first failure is thrown, and later groups do not start', async () => {
  const { output, text } = capture(false);
  const ended: string[] = [];
  let finishSlow: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => (finishSlow = resolve));
  const running = runSteps(
    [
      [
        { title: 'Bad', run: () => Promise.reject(new Error('broken')) },
        { title: 'Slow', run: () => slow.then(() => void ended.push('slow')) },
      ],
      [{ title: 'Never', run: () => Promise.resolve(void ended.push('never')) }],
    ],
    output,
  );
  finishSlow();
  await expect(running).rejects.toThrow('broken');
  expect(ended).toEqual(['slow']);
  expect(text.stdout).toContain('failed  Bad\n');
});
