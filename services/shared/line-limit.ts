import { type Clock, systemClock } from './clock';

export interface LineLimitOptions {
  /** Lines that may be written in one window. */
  readonly lines: number;
  readonly windowMs: number;
  /** Default: the machine's own. */
  readonly clock?: Pick<Clock, 'monotonic'>;
}

/** Bounds how often something is logged that any stranger can cause as often as he likes. */
export class LineLimit {
  private readonly clock: Pick<Clock, 'monotonic'>;
  private since = -Infinity;
  private written = 0;
  private withheld = 0;

  constructor(private readonly options: LineLimitOptions) {
    this.clock = options.clock ?? systemClock;
  }

  /** Whether a line may be written now, and how many were withheld since the last one; undefined: it may not. */
  take(): { readonly withheld: number } | undefined {
    const now = this.clock.monotonic();
    if (now - this.since >= this.options.windowMs) {
      this.since = now;
      this.written = 0;
    }
    if (this.written >= this.options.lines) {
      this.withheld += 1;
      return undefined;
    }
    const { withheld } = this;
    this.written += 1;
    this.withheld = 0;
    return { withheld };
  }
}
