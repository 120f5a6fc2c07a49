import { type State, STATES, type Totals } from './states';
import type { Told } from './told';

const PENDING = STATES.indexOf('pending');

/**
 * What the database says of the alerts and their numbers, in memory, so that accepting one reads nothing. Changes belong
 * to a transaction: `keep` after its commit, `undo` when it failed.
 */
export class Books {
  private readonly told = new Map<string, Map<string, Told>>();
  private readonly totals = new Map<string, number[]>();
  private readonly undoing: (() => void)[] = [];
  /** Destinations whose numbers the transaction changed. */
  private readonly changed = new Set<string>();

  /** @param nextId the number of the next delivery */
  constructor(private nextId: number) {}

  /** As read from the database. */
  load(destination: string, counts: readonly number[]): void {
    this.totals.set(destination, [...counts]);
    this.nextId += sum(counts);
  }

  toldOf(destination: string, fingerprint: string): Told | undefined {
    return this.told.get(destination)?.get(fingerprint);
  }

  /** Destinations that were told last that this alert fires. */
  toldFiring(fingerprint: string): string[] {
    return [...this.told]
      .filter(([, alerts]) => alerts.get(fingerprint)?.status === 'firing')
      .map(([destination]) => destination);
  }

  /** Undefined forgets. */
  setTold(destination: string, fingerprint: string, told: Told | undefined): void {
    const alerts = this.alertsOf(destination);
    const before = alerts.get(fingerprint);
    put(alerts, fingerprint, told);
    this.undoing.push(() => put(alerts, fingerprint, before));
  }

  /** Each of them with what it was told changed by the function; outside of transactions. */
  mapTold(change: (told: Told) => Told): void {
    for (const alerts of this.told.values()) {
      for (const [fingerprint, told] of alerts) alerts.set(fingerprint, change(told));
    }
  }

  /** Fingerprints by destination of what was told so and last before `before`. */
  toldBefore(status: Told['status'], before: number): [destination: string, fingerprint: string][] {
    return [...this.told].flatMap(([destination, alerts]) =>
      [...alerts]
        .filter(([, told]) => told.status === status && told.toldAt < before)
        .map(([fingerprint]): [string, string] => [destination, fingerprint]),
    );
  }

  /** The number of a new pending delivery. */
  open(destination: string): number {
    this.add(destination, PENDING, 1);
    const id = this.nextId;
    this.nextId += 1;
    this.undoing.push(() => (this.nextId = id));
    return id;
  }

  move(destination: string, from: State, to: State, count = 1): void {
    this.add(destination, STATES.indexOf(from), -count);
    this.add(destination, STATES.indexOf(to), count);
  }

  /** Destinations whose numbers the transaction changed, with their new ones in the order of `STATES`. */
  changes(): [destination: string, counts: readonly number[]][] {
    return [...this.changed].map((destination) => [destination, this.countsOf(destination)]);
  }

  keep(): void {
    this.undoing.length = 0;
    this.changed.clear();
  }

  undo(): void {
    for (const step of this.undoing.reverse()) step();
    this.keep();
  }

  destinations(): string[] {
    return [...this.totals.keys()];
  }

  totalsOf(destination: string): Totals {
    const counts = this.totals.get(destination) ?? STATES.map(() => 0);
    const states = Object.fromEntries(STATES.map((state, index) => [state, counts[index]]));
    return { ...(states as Record<State, number>), accepted: sum(counts) };
  }

  /** Of all destinations. */
  pending(): number {
    let all = 0;
    for (const counts of this.totals.values()) all += counts[PENDING] ?? 0;
    return all;
  }

  private add(destination: string, index: number, count: number): void {
    const counts = this.countsOf(destination);
    counts[index] = (counts[index] ?? 0) + count;
    this.changed.add(destination);
    this.undoing.push(() => (counts[index] = (counts[index] ?? 0) - count));
  }

  private countsOf(destination: string): number[] {
    const known = this.totals.get(destination);
    if (known) return known;
    const counts = STATES.map(() => 0);
    this.totals.set(destination, counts);
    return counts;
  }

  private alertsOf(destination: string): Map<string, Told> {
    const known = this.told.get(destination);
    if (known) return known;
    const alerts = new Map<string, Told>();
    this.told.set(destination, alerts);
    return alerts;
  }
}

function put(alerts: Map<string, Told>, fingerprint: string, told: Told | undefined): void {
  if (told) alerts.set(fingerprint, told);
  else alerts.delete(fingerprint);
}

const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0);
