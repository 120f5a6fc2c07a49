/** Cells of a side. */
export const SIZE = 3;

export const CELL_COUNT = SIZE * SIZE;

export type Mark = 'X' | 'O';

/** What is in each cell, row by row from the top left. */
export type Board = readonly (Mark | undefined)[];

/** One round: who began, and the cells in the order they were taken. The marks take turns. */
export interface Round {
  readonly first: Mark;
  readonly moves: readonly number[];
}

export type Outcome =
  | { readonly kind: 'open' }
  | { readonly kind: 'draw' }
  | { readonly kind: 'won'; readonly winner: Mark; readonly line: readonly number[] };

/** Rows, columns and diagonals. */
const lines = [
  [0, 1, 2],
  [3, 4, 5],
  [6, 7, 8],
  [0, 3, 6],
  [1, 4, 7],
  [2, 5, 8],
  [0, 4, 8],
  [2, 4, 6],
] as const;

export const otherMark = (mark: Mark): Mark => (mark === 'X' ? 'O' : 'X');

/** Whose turn it was at a move of a round, counted from 0. */
export const markAt = ({ first }: Round, move: number): Mark =>
  move % 2 === 0 ? first : otherMark(first);

/** Whose turn it is, while the round is open. */
export const nextMark = (round: Round): Mark => markAt(round, round.moves.length);

export function boardOf(round: Round): Board {
  return Array.from({ length: CELL_COUNT }, (_, cell) => {
    const move = round.moves.indexOf(cell);
    return move < 0 ? undefined : markAt(round, move);
  });
}

export const freeCells = (board: Board): number[] =>
  board.flatMap((mark, cell) => (mark === undefined ? [cell] : []));

export function outcomeOf(board: Board): Outcome {
  for (const line of lines) {
    const [winner, ...others] = line.map((cell) => board[cell]);
    if (winner !== undefined && others.every((mark) => mark === winner)) {
      return { kind: 'won', winner, line };
    }
  }
  return { kind: freeCells(board).length === 0 ? 'draw' : 'open' };
}

/** The round with one more cell taken; the same round where the cell is not free or the round is over. */
export function take(round: Round, cell: number): Round {
  const board = boardOf(round);
  const isAllowed = outcomeOf(board).kind === 'open' && freeCells(board).includes(cell);
  return isAllowed ? { ...round, moves: [...round.moves, cell] } : round;
}
