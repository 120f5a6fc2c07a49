import { awaitLines, numberIn, readAll, type Expected } from '../../../../bench/lib/logs/read';
import { nanoseconds, type LokiApi } from '../../../../cli/lib/loki-api';
import { lokiApiAt } from '../../../support/loki-api';
import { describeWithLoki, type LokiServer } from '../../../support/loki-server';

const { signal } = new AbortController();
const since = Date.now() - 60_000;
const PER_MILLISECOND = 3;

const line = (seq: number): { line: string; at: Date } => ({
  line: JSON.stringify({ seq, level: 'info' }),
  at: new Date(since + Math.floor(seq / PER_MILLISECOND)),
});

describeWithLoki('lines, read back from Loki', (startLoki) => {
  let loki: LokiServer;
  let api: LokiApi;

  beforeAll(async () => {
    loki = await startLoki();
    api = lokiApiAt(loki.url);
  }, 60_000);

  const write = (app: string, numbers: readonly number[]): Promise<void> =>
    loki.push([{ labels: { app }, lines: numbers.map(line) }]);

  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

  const expectedOf = (app: string, lines: number): Expected => ({
    expression: `{app="${app}"}`,
    lines,
    since,
  });

  async function numbersOf(app: string, page: number): Promise<number[]> {
    const numbers: number[] = [];
    for await (const { text } of readAll(
      api,
      `{app="${app}"}`,
      { start: nanoseconds(since) },
      page,
    )) {
      numbers.push(numberIn(text));
    }
    return numbers.sort((a, b) => a - b);
  }

  // Pages that end between two lines of one moment, at the end of a moment, and at the end of all.
  test.each([100, 99, 300, 301])('all come, and each once, in pages of %i', async (page) => {
    await write(`paged-${page}`, upTo(300));
    expect(await numbersOf(`paged-${page}`, page)).toEqual(upTo(300));
  });

  test('more lines of one moment than a page holds are refused, not lost', async () => {
    await write('crowded', upTo(6));
    await expect(numbersOf('crowded', PER_MILLISECOND)).rejects.toThrow('more than 3 lines at');
  });

  test('the roll is called again while a line is late', async () => {
    const lines = 30;
    await write(
      'late',
      upTo(lines).filter((seq) => seq !== 7),
    );
    const arrival = awaitLines(api, expectedOf('late', lines), { signal, timeoutMs: 10_000 });
    await write('late', [7]);
    const { roll, lastSeenAt } = await arrival;
    expect(roll).toMatchObject({ lost: 0, duplicates: 0, unknown: 0 });
    expect(lastSeenAt).toBeLessThanOrEqual(Date.now());
  });

  test('what never comes is lost, and the last line is not waited for longer than allowed', async () => {
    await write('lost', [0, 1, 3]);
    const options = { signal, timeoutMs: 100, lateMs: 0 };
    const { roll, lastSeenAt } = await awaitLines(api, expectedOf('lost', 6), options);
    expect(roll).toMatchObject({ lost: 3, gaps: '2, 4-5' });
    expect(lastSeenAt).toBeUndefined();
  });
});

test('a line that is none of ours carries no number', () => {
  expect(numberIn('{"seq":7,"msg":"x"}')).toBe(7);
  for (const text of ['', 'plain', '{}', '{"seq":"x"}', 'null']) {
    expect(numberIn(text)).toBeNaN();
  }
});
