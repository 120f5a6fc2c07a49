import fc from 'fast-check';
import { figureTable, median, withinBounds } from '../../../bench/lib/figures';

describe('median', () => {
  test('is the middle of an odd number of values', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  test('is the mean of the middle two of an even number', () => {
    expect(median([1, 10, 2, 4])).toBe(3);
  });

  test('has as many values above as below, in whatever order they come', () => {
    const values = fc.array(fc.integer(), { minLength: 1 });
    fc.assert(
      fc.property(values, (numbers) => {
        const middle = median(numbers);
        const above = numbers.filter((each) => each > middle).length;
        const below = numbers.filter((each) => each < middle).length;
        expect(Math.max(above, below)).toBeLessThanOrEqual(numbers.length / 2);
      }),
    );
  });

  test('refuses to invent one', () => {
    expect(() => median([])).toThrow('no values');
  });
});

describe('the table', () => {
  const figures = [
    { what: 'up', value: 61.24, unit: 's', digits: 1, atMost: 120 },
    { what: 'series', value: 20_001, atMost: 20_000 },
    { what: 'failed', value: 0, atMost: 0 },
    { what: 'targets', value: 22 },
  ];

  test('has the bound of each figure, and says what is over it', () => {
    const [, up, series, failed, targets] = figureTable(figures);
    expect(up).toMatch(/^up +61\.2 s +120\.0 s +0\.51 of it +ok$/);
    expect(series).toMatch(/^series +20001 +20000 +1\.00 of it +OVER$/);
    expect(failed).toMatch(/^failed +0 +0 +ok$/);
    expect(targets).toMatch(/^targets +22$/);
  });

  test('has a bound from below as well', () => {
    const rate = { what: 'rate', unit: 'hooks/s', atLeast: 8000 };
    const [, enough, tooFew] = figureTable([
      { ...rate, value: 8000 },
      { ...rate, value: 7999 },
    ]);
    expect(enough).toMatch(/^rate +8000 hooks\/s +>= 8000 hooks\/s +1\.00 of it +ok$/);
    expect(tooFew).toMatch(/UNDER$/);
    expect(withinBounds([{ ...rate, value: 7999 }])).toBe(false);
  });

  test('as a whole it is within its bounds, or it is not', () => {
    expect(withinBounds(figures)).toBe(false);
    expect(withinBounds(figures.filter(({ what }) => what !== 'series'))).toBe(true);
  });
});
