/**
 * The smallest value that at least this share of the values does not exceed (nearest rank).
 *
 * @param share above 0, up to 1.
 * @throws Error when there are no values
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  const value = sorted[Math.ceil(share * sorted.length) - 1];
  if (value === undefined) throw new Error('no values to take a quantile of');
  return value;
}
