/** Bounds of an exponential backoff, in milliseconds. */
export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  /** Source of jitter in [0, 1). */
  readonly random?: () => number;
}

/**
 * Exponential backoff with "equal jitter": half of the delay is fixed, half random, so that many
 * callers spread out and none retries at once.
 */
export class Backoff {
  private failures = 0;

  constructor(private readonly options: BackoffOptions) {}

  /** The next delay in milliseconds: doubles with each call up to `maxMs`. */
  next(): number {
    const { firstMs, maxMs, random = Math.random } = this.options;
    const ceiling = Math.min(maxMs, firstMs * 2 ** this.failures);
    this.failures = Math.min(this.failures + 1, 30);
    return ceiling / 2 + (random() * ceiling) / 2;
  }

  /** After a success: start again from `firstMs`. */
  reset(): void {
    this.failures = 0;
  }
}
