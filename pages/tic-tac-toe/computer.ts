import { pick, type Random } from '../shared/random';
import { type Board, freeCells, type Mark, otherMark, outcomeOf } from './rules';

/** How the computer plays: `easy` takes a win where it sees one and guesses otherwise; `perfect` never loses. */
export type Level = 'easy' | 'perfect';

/**
 * The cell that the computer takes.
 * @throws Error when no cell is free.
 */
export function chooseCell(board: Board, mark: Mark, level: Level, random: Random): number {
  const cells = level === 'perfect' ? bestCells(board, mark) : easyCells(board, mark);
  const chosen = pick(cells, random);
  if (chosen === undefined) throw new Error('no cell is free');
  return chosen;
}

/** Every cell that is as good as the best one: a win soon, then a draw, then a loss as late as possible. */
export function bestCells(board: Board, mark: Mark): number[] {
  const rated = freeCells(board).map((cell) => ({
    cell,
    worth: -worthFor(otherMark(mark), board.with(cell, mark)),
  }));
  const best = Math.max(...rated.map(({ worth }) => worth));
  return rated.filter(({ worth }) => worth === best).map(({ cell }) => cell);
}

function easyCells(board: Board, mark: Mark): number[] {
  const free = freeCells(board);
  const wins = free.filter((cell) => outcomeOf(board.with(cell, mark)).kind === 'won');
  return wins.length > 0 ? wins : free;
}

const known = new Map<string, number>();

/**
 * Minimax: what a board is worth to the one whose turn it is. 0 is a draw; a loss is negative, and the more cells are
 * left, the sooner and the worse it is.
 */
function worthFor(mark: Mark, board: Board): number {
  const key = mark + board.map((taken) => taken ?? ' ').join('');
  const worth = known.get(key) ?? computeWorth(mark, board);
  known.set(key, worth);
  return worth;
}

function computeWorth(mark: Mark, board: Board): number {
  const free = freeCells(board);
  const { kind } = outcomeOf(board);
  // Only the move before can have won.
  if (kind === 'won') return -(free.length + 1);
  if (kind === 'draw') return 0;
  const other = otherMark(mark);
  return Math.max(...free.map((cell) => -worthFor(other, board.with(cell, mark))));
}
