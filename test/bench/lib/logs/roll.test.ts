import fc from 'fast-check';
import { Roll } from '../../../../bench/lib/logs/roll';

const rollOf = (expected: number, numbers: readonly number[]): Roll => {
  const roll = new Roll(expected);
  numbers.forEach((number) => roll.tick(number));
  return roll;
};

describe('the roll of numbered lines', () => {
  test('knows what is missing, what came again, and what nobody wrote', () => {
    const roll = rollOf(10, [0, 1, 2, 2, 2, 5, 9, 10, -1, Number.NaN, 0.5]);
    expect(roll).toMatchObject({ lost: 5, duplicates: 2, unknown: 4, gaps: '3-4, 6-8' });
  });

  test('a whole one has no gaps, in whatever order it came', () => {
    expect(rollOf(3, [2, 0, 1])).toMatchObject({
      lost: 0,
      duplicates: 0,
      unknown: 0,
      gaps: 'none',
    });
  });

  test('names the first five gaps', () => {
    expect(rollOf(13, [1, 3, 5, 7, 9, 11]).gaps).toBe('0, 2, 4, 6, 8, …');
    expect(rollOf(4, []).gaps).toBe('0-3');
  });

  test('every line is counted once: there, again, or unknown', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.array(fc.integer({ min: -5, max: 60 })), (expected, numbers) => {
        const { lost, duplicates, unknown } = rollOf(expected, numbers);
        expect(expected - lost + duplicates + unknown).toBe(numbers.length);
      }),
    );
  });
});
