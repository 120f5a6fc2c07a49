import fc from 'fast-check';
import { quantile } from '../../../bench/lib/quantile';

describe('quantile', () => {
  test('is a value that was measured', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(quantile(hundred, 0.5)).toBe(50);
    expect(quantile(hundred, 0.99)).toBe(99);
    expect(quantile(hundred, 1)).toBe(100);
    expect(quantile([7], 0.99)).toBe(7);
  });

  test('is not exceeded by its share of the values, and by less than that without it', () => {
    const share = fc.double({ min: 0.01, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), share, (values, part) => {
        const at = quantile(values, part);
        const upTo = values.filter((value) => value <= at).length;
        const below = values.filter((value) => value < at).length;
        expect(upTo).toBeGreaterThanOrEqual(part * values.length);
        expect(below).toBeLessThan(part * values.length);
      }),
    );
  });

  test('refuses to invent one', () => {
    expect(() => quantile([], 0.5)).toThrow('no values');
  });
});
