import type { AlertStatus } from '../../../services/alert-router/src/model';
import type { Told } from './told';

/** A message or mail that a destination kept. */
export interface Kept {
  readonly destination: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly told: readonly Told[];
  /** Kept, but its sender was never told so, because the connection broke before the answer. */
  readonly unanswered: boolean;
}

/** A call was under way from `from` to `to` if it was kept in that time; milliseconds since the Unix epoch. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

export interface Verdict {
  /** Beginnings and ends of alerts that were accepted, each once for each destination. */
  readonly accepted: number;
  /** Of those: told nowhere, and by no later message about the same alert. */
  readonly lost: readonly string[];
  /** Ends that were told before the beginning was. */
  readonly disordered: number;
  /** Messages of which something was told again, by why their sender could not know that they were kept. */
  readonly retold: {
    readonly killed: number;
    readonly unanswered: number;
    readonly needless: number;
  };
  /** Messages kept while the router was killed: as many as could not be known to be kept. */
  readonly inFlight: number;
  readonly unanswered: number;
}

/** Compares what was accepted with what the destinations kept; it knows nothing of what the router counts. */
export class Audit {
  private readonly accepted = new Map<string, { key: string; successor: string }>();
  private readonly kept: Kept[] = [];

  public accept(token: string, status: AlertStatus, destinations: readonly string[]): void {
    for (const destination of destinations) {
      const key = keyOf(destination, token, status);
      this.accepted.set(key, { key, successor: keyOf(destination, token, 'resolved') });
    }
  }

  public keep(kept: Kept): void {
    this.kept.push(kept);
  }

  /** How many things were accepted so far. */
  public get size(): number {
    return this.accepted.size;
  }

  /** @param kills around each end by force: while a call of that moment could be kept. */
  public verdict(kills: readonly Window[]): Verdict {
    const last = this.lastTold();
    const lost = [...this.accepted.values()].filter(
      ({ key, successor }) => !last.has(key) && !last.has(successor),
    );
    const wasInFlight = ({ at }: Kept): boolean =>
      kills.some(({ from, to }) => at >= from && at <= to);
    const retold = this.kept.filter((kept, index) =>
      keysOf(kept).some((key) => (last.get(key) ?? index) > index),
    );
    const unanswered = retold.filter((kept) => kept.unanswered);
    const killed = retold.filter((kept) => !kept.unanswered && wasInFlight(kept));
    return {
      accepted: this.accepted.size,
      lost: lost.map(({ key }) => key),
      disordered: this.disordered(),
      retold: {
        killed: killed.length,
        unanswered: unanswered.length,
        needless: retold.length - unanswered.length - killed.length,
      },
      inFlight: this.kept.filter((kept) => !kept.unanswered && wasInFlight(kept)).length,
      unanswered: this.kept.filter((kept) => kept.unanswered).length,
    };
  }

  /** By what was told: the index of the last message that told it. */
  private lastTold(): Map<string, number> {
    const last = new Map<string, number>();
    this.kept.forEach((kept, index) => keysOf(kept).forEach((key) => last.set(key, index)));
    return last;
  }

  private disordered(): number {
    const first = new Map<string, number>();
    this.kept.forEach((kept, index) =>
      keysOf(kept).forEach((key) => first.set(key, first.get(key) ?? index)),
    );
    return [...this.accepted.values()].filter(({ key, successor }) => {
      const [began, ended] = [first.get(key), first.get(successor)];
      return key !== successor && began !== undefined && ended !== undefined && ended < began;
    }).length;
  }
}

const keyOf = (destination: string, token: string, status: AlertStatus): string =>
  `${destination} ${token} ${status}`;

const keysOf = ({ destination, told }: Kept): string[] =>
  told.map(({ token, status }) => keyOf(destination, token, status));
