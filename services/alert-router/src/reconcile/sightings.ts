/** What is seen in poll after poll; something not seen in one poll starts anew. */
export class Sightings {
  /** When each was seen first; never for what was dealt with. */
  private first = new Map<string, number>();

  /** @param settledMs how long something must have been seen, in milliseconds; read at each poll */
  constructor(private readonly settledMs: () => number) {}

  /**
   * Takes what one poll saw.
   *
   * @param now monotonic, in milliseconds
   * @returns those of it that every poll of the last `settledMs` milliseconds saw, and that were not dealt with
   */
  settled<T extends Sighting>(seen: readonly T[], now: number): T[] {
    const before = this.first;
    this.first = new Map(seen.map((one) => [keyOf(one), before.get(keyOf(one)) ?? now]));
    const settledMs = this.settledMs();
    return seen.filter((one) => now - (this.first.get(keyOf(one)) ?? now) >= settledMs);
  }

  /** A poll saw nothing that proves anything: all start anew, but for what was dealt with. */
  interrupted(): void {
    this.first = new Map([...this.first].filter(([, first]) => first === Infinity));
  }

  /** It was dealt with: while it is still seen, it is not to be dealt with again. */
  done(one: Sighting): void {
    this.first.set(keyOf(one), Infinity);
  }
}

/** An alert, or something that holds one. */
type Sighting = { readonly fingerprint: string } | { readonly alert: { fingerprint: string } };

const keyOf = (one: Sighting): string => ('alert' in one ? one.alert.fingerprint : one.fingerprint);
