import { type Game, isScore, parseGame } from './game';

/** What outlives a visit. */
export interface Kept {
  readonly game: Game | undefined;
  readonly best: number;
}

/** The part of the browser's storage that is used. */
export interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const KEY = 'vigil-2048';

/**
 * Keeps the game in the browser. Where that is forbidden or full, and where something else was kept, the game is
 * played all the same.
 */
export class Memory {
  /** @param open gives the store; it may throw, as browsers do where storage is forbidden. */
  constructor(private readonly open: () => Store) {}

  load(): Kept {
    try {
      const kept = JSON.parse(this.open().getItem(KEY) ?? '{}') as Record<string, unknown>;
      return { game: parseGame(kept.game), best: isScore(kept.best) ? kept.best : 0 };
    } catch {
      return { game: undefined, best: 0 };
    }
  }

  save(kept: Kept): void {
    try {
      this.open().setItem(KEY, JSON.stringify(kept));
    } catch {
      // Forbidden or full: this visit goes on without.
    }
  }
}
