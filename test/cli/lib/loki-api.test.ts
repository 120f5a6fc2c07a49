import { nanoseconds, type LokiApi } from '../../../cli/lib/loki-api';
import { lokiApiAt } from '../../support/loki-api';
import { describeWithLoki, type LokiServer } from '../../support/loki-server';

describeWithLoki('what people ask of Loki', (startLoki) => {
  const minuteAgo = Date.now() - 60_000;
  const start = nanoseconds(minuteAgo);
  let loki: LokiServer;
  let api: LokiApi;

  beforeAll(async () => {
    loki = await startLoki();
    api = lokiApiAt(loki.url);
    const at = (seconds: number): Date => new Date(minuteAgo + seconds * 1000);
    await loki.push([
      { labels: { app: 'a' }, lines: [3, 1, 5].map((n) => ({ line: `a${n}`, at: at(n) })) },
      {
        labels: { app: 'b' },
        lines: [{ line: 'b2', at: at(2), metadata: { pod: 'b-0' } }],
      },
    ]);
  }, 60_000);

  test('lines of all streams, the oldest first', async () => {
    const lines = await api.query('{app=~".+"}', { start });
    expect(lines.map(({ text }) => text)).toEqual(['a1', 'b2', 'a3', 'a5']);
    expect(lines[0]?.at).toBe(nanoseconds(minuteAgo + 1000));
  });

  test('the limit takes the oldest, and the end itself is too late', async () => {
    const texts = async (range: object): Promise<string[]> =>
      (await api.query('{app=~".+"}', { start, ...range })).map(({ text }) => text);
    expect(await texts({ limit: 2 })).toEqual(['a1', 'b2']);
    expect(await texts({ end: nanoseconds(minuteAgo + 3000) })).toEqual(['a1', 'b2']);
    expect(await texts({ start: nanoseconds(minuteAgo + 3000) })).toEqual(['a3', 'a5']);
  });

  test('structured metadata stands beside the labels', async () => {
    const [line] = await api.query('{app="b"} | pod="b-0"', { start });
    expect(line?.labels).toMatchObject({ app: 'b', pod: 'b-0' });
  });

  test("what Loki refuses is an error in Loki's words, on one line", async () => {
    await expect(api.query('{app=', { start })).rejects.toThrow(/^it answered 400: parse error.*$/);
  });
});
