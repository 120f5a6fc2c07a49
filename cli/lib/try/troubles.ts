import type { Stage } from './stage';
import type { Action, ShowState } from './protocol';

/** What troubles befall. */
export type Victims = Pick<Stage, 'discord' | 'mailbox' | 'router'>;

/** What a visitor can break. */
export type TroubleAction = Extract<Action, 'rate-limit' | 'outage' | 'kill' | 'no-mail'>;

interface Trouble {
  /** At speed 1, in milliseconds; 0 when it is a single blow. */
  readonly lastsMs: number;
  readonly begin: (victims: Victims) => void | Promise<void>;
  readonly end?: (victims: Victims) => void | Promise<void>;
}

/** Between two tries to end a trouble that cannot be ended; at speed 1, in milliseconds. */
const RETRY_MS = 5_000;

const TROUBLES: Readonly<Record<TroubleAction, Trouble>> = {
  'rate-limit': {
    lastsMs: 10_000,
    begin: ({ discord }) =>
      discord.breakWith({ faults: [{ kind: 'respond429', retryAfterMs: 2_000 }] }),
    end: ({ discord }) => discord.heal(),
  },
  outage: {
    lastsMs: 15_000,
    begin: ({ discord }) => discord.refuse(),
    end: ({ discord }) => discord.listen(),
  },
  'no-mail': {
    lastsMs: 15_000,
    begin: ({ mailbox }) => mailbox.refuse(),
    end: ({ mailbox }) => mailbox.listen(),
  },
  kill: { lastsMs: 0, begin: ({ router }) => router.kill() },
};

export const isTrouble = (action: Action): action is TroubleAction =>
  Object.hasOwn(TROUBLES, action);

/** Begins troubles, and ends each after its time. */
export class Troubles {
  /** Of those that should be over and are not: why. */
  private readonly failures = new Map<TroubleAction, string>();
  private readonly timers = new Map<TroubleAction, { timer: NodeJS.Timeout; until: number }>();

  public constructor(
    private readonly victims: Victims,
    private readonly speed: number,
  ) {}

  /** Those that are on. */
  public get current(): ShowState['troubles'] {
    return [...this.timers].map(([action, { until }]) => ({ action, until }));
  }

  /** Why one of them goes on for longer than it should, such as a port that was taken meanwhile; one line. */
  public get failure(): string | undefined {
    return [...this.failures.values()].at(0);
  }

  /** Begins a trouble; one that is on goes on for its whole time from now. */
  public async begin(action: TroubleAction): Promise<void> {
    const { lastsMs, begin } = TROUBLES[action];
    const running = this.timers.get(action);
    clearTimeout(running?.timer);
    if (lastsMs > 0) this.endAfter(action, lastsMs);
    if (!running) await begin(this.victims);
  }

  /** Forgets all timers; what is broken stays so. */
  public stop(): void {
    for (const { timer } of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  private endAfter(action: TroubleAction, lastsMs: number): void {
    const ms = lastsMs / this.speed;
    const timer = setTimeout(() => void this.end(action), ms);
    this.timers.set(action, { timer, until: Date.now() + ms });
  }

  /** Rejects never: what fails is shown and tried again. */
  private async end(action: TroubleAction): Promise<void> {
    const before = this.timers.get(action);
    try {
      await TROUBLES[action].end?.(this.victims);
      this.failures.delete(action);
      this.timers.delete(action);
    } catch (error) {
      this.failures.set(
        action,
        `This does not end, and is tried again: ${(error as Error).message}`,
      );
      // Unless it was begun anew, or all is over, meanwhile.
      if (before && this.timers.get(action) === before) this.endAfter(action, RETRY_MS);
    }
  }
}
