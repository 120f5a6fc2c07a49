import type { Stage } from './stage';
import type { Action, ShowState } from './protocol';

/** What a visitor can break. */
export type TroubleAction = Extract<Action, 'rate-limit' | 'outage' | 'kill' | 'no-mail'>;

interface Trouble {
  /** At speed 1, in milliseconds; 0 when it is a single blow. */
  readonly lastsMs: number;
  readonly begin: (stage: Stage) => void | Promise<void>;
  readonly end?: (stage: Stage) => void | Promise<void>;
}

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
  private readonly timers = new Map<TroubleAction, { timer: NodeJS.Timeout; until: number }>();

  public constructor(
    private readonly stage: Stage,
    private readonly speed: number,
  ) {}

  /** Those that are on. */
  public get current(): ShowState['troubles'] {
    return [...this.timers].map(([action, { until }]) => ({ action, until }));
  }

  /** Begins a trouble; one that is on goes on for its whole time from now. */
  public async begin(action: TroubleAction): Promise<void> {
    const { lastsMs, begin } = TROUBLES[action];
    const running = this.timers.get(action);
    clearTimeout(running?.timer);
    if (lastsMs > 0) {
      const ms = lastsMs / this.speed;
      const timer = setTimeout(() => void this.end(action), ms);
      this.timers.set(action, { timer, until: Date.now() + ms });
    }
    if (!running) await begin(this.stage);
  }

  /** Forgets all timers; what is broken stays so. */
  public stop(): void {
    for (const { timer } of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  private async end(action: TroubleAction): Promise<void> {
    await TROUBLES[action].end?.(this.stage);
    this.timers.delete(action);
  }
}
