import { figuresOf } from '../../../../bench/lib/logs/latency';
import { figureTable, withinBounds } from '../../../../bench/lib/figures';

/** A delay for each of the lines that the bench writes: 40 until the pod is settled, and 120 that count. */
const delays = (of: (seq: number) => number): Map<number, number> =>
  new Map(Array.from({ length: 160 }, (_, seq) => [seq, of(seq)]));

describe('the figures of latency', () => {
  test('the first lines of a pod do not count, but the very first is told', () => {
    const figures = figuresOf(delays((seq) => (seq < 40 ? 12_000 : 1000)));
    expect(withinBounds(figures)).toBe(true);
    expect(figureTable(figures).join('\n')).toMatch(/first line of a new pod +12\.00 s/);
    expect(figureTable(figures).join('\n')).toMatch(/the slowest +1\.00 s/);
  });

  test('one line in twenty may be slow, not more', () => {
    const slow = (count: number) => delays((seq) => (seq >= 160 - count ? 9000 : 1000));
    expect(withinBounds(figuresOf(slow(6)))).toBe(true);
    expect(withinBounds(figuresOf(slow(7)))).toBe(false);
  });

  test('a line that never came is missing among them', () => {
    const some = delays(() => 1000);
    some.delete(100);
    expect(withinBounds(figuresOf(some))).toBe(false);
  });

  test('without any line there is nothing to say', () => {
    expect(() => figuresOf(new Map())).toThrow('no values');
  });
});
