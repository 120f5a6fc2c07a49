import type { Random } from '../shared/random';
import {
  canMove,
  type Cells,
  type Direction,
  emptyCells,
  GOAL,
  hasMoved,
  isBoard,
  move,
  type Slide,
  spawn,
  type Spawned,
} from './rules';

export interface Game {
  readonly cells: Cells;
  readonly score: number;
  /** Whether the player went on after the goal. */
  readonly goesOn: boolean;
}

/** What one move did, for those who show it. */
export interface Turn {
  readonly game: Game;
  readonly gained: number;
  readonly slides: readonly Slide[];
  readonly spawned: Spawned;
}

/** `won` until the player goes on; `over` when nothing can move. */
export type Status = 'playing' | 'won' | 'over';

/** A board with two tiles. */
export function newGame(random: Random): Game {
  const first = place(emptyCells, spawn(emptyCells, random));
  return { cells: place(first, spawn(first, random)), score: 0, goesOn: false };
}

/** One move, and the tile that comes after it; undefined where nothing moves or the game does not wait for a move. */
export function play(game: Game, direction: Direction, random: Random): Turn | undefined {
  if (statusOf(game) !== 'playing') return undefined;
  const moved = move(game.cells, direction);
  if (!hasMoved(moved)) return undefined;
  const spawned = spawn(moved.cells, random);
  return {
    game: {
      ...game,
      cells: place(moved.cells, spawned),
      score: game.score + moved.gained,
    },
    gained: moved.gained,
    slides: moved.slides,
    spawned,
  };
}

export function statusOf({ cells, goesOn }: Game): Status {
  if (!goesOn && cells.some((value) => value >= GOAL)) return 'won';
  return canMove(cells) ? 'playing' : 'over';
}

/** A game as it was kept; undefined when it is none that could have been played. */
export function parseGame(kept: unknown): Game | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined;
  const { cells, score, goesOn } = kept as Record<string, unknown>;
  if (!isBoard(cells) || !isScore(score) || typeof goesOn !== 'boolean') return undefined;
  return { cells, score, goesOn };
}

export function isScore(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const place = (cells: Cells, { cell, value }: Spawned): Cells => cells.with(cell, value);
