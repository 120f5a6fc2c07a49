/** What is seen in poll after poll; something not seen in one poll starts anew. */
export class Sightings {
  private first = new Map<string, number>();

  /** @param settledMs how long something must have been seen, in milliseconds */
  constructor(private readonly settledMs: number) {}

  /**
   * Takes what one poll saw.
   *
   * @param now monotonic, in milliseconds
   * @returns those of it that every poll of the last `settledMs` milliseconds saw
   */
  settled<T extends Sighting>(seen: readonly T[], now: number): T[] {
    const before = this.first;
    this.first = new Map(seen.map((one) => [keyOf(one), before.get(keyOf(one)) ?? now]));
    return seen.filter((one) => now - (this.first.get(keyOf(one)) ?? now) >= this.settledMs);
  }
}

/** An alert, or something that holds one. */
type Sighting = { readonly fingerprint: string } | { readonly alert: { fingerprint: string } };

const keyOf = (one: Sighting): string => ('alert' in one ? one.alert.fingerprint : one.fingerprint);
