import { pick, type Random } from '../shared/random';

/** Cells of a side. */
export const SIZE = 4;

/** The tile that wins. */
export const GOAL = 2048;

export const directions = ['up', 'right', 'down', 'left'] as const;

export type Direction = (typeof directions)[number];

/** Values row by row from the top left, 0 where a cell is empty. */
export type Cells = readonly number[];

/** One tile's way. Two that end in one cell are merged. */
export interface Slide {
  readonly from: number;
  readonly to: number;
}

export interface Moved {
  readonly cells: Cells;
  /** Sum of the tiles that merging made. */
  readonly gained: number;
  /** Of every tile, also of those that stay. */
  readonly slides: readonly Slide[];
}

export interface Spawned {
  readonly cell: number;
  readonly value: number;
}

const CELL_COUNT = SIZE * SIZE;
const SHARE_OF_TWOS = 0.9;

/** No game gets beyond it: sixteen cells hold at most the tiles from 4 to 2^17. */
const LARGEST = 2 ** (CELL_COUNT + 1);

export const emptyCells: Cells = Array.from({ length: CELL_COUNT }, () => 0);

/**
 * Slides every tile as far as it goes. Equal neighbours merge, those nearest to the wall first, and no tile merges
 * twice in one move.
 */
export function move(cells: Cells, direction: Direction): Moved {
  const moved = { cells: [...emptyCells], gained: 0, slides: [] as Slide[] };
  for (const line of linesOf(direction)) slideLine(cells, line, moved);
  return moved;
}

/** Whether a move changes anything; one that does not is no move. */
export function hasMoved({ slides }: Moved): boolean {
  return slides.some(({ from, to }) => from !== to);
}

export function canMove(cells: Cells): boolean {
  return directions.some((direction) => hasMoved(move(cells, direction)));
}

/**
 * A new tile in an empty cell, each as likely as the others: a 2 in nine of ten cases, else a 4.
 * @throws Error when no cell is empty.
 */
export function spawn(cells: Cells, random: Random): Spawned {
  const empty = cells.flatMap((value, cell) => (value === 0 ? [cell] : []));
  const cell = pick(empty, random);
  if (cell === undefined) throw new Error('no cell is empty');
  return { cell, value: random() < SHARE_OF_TWOS ? 2 : 4 };
}

/** Whether something is a board that a game can have. */
export function isBoard(value: unknown): value is Cells {
  return (
    Array.isArray(value) &&
    value.length === CELL_COUNT &&
    value.every((cell) => cell === 0 || isTile(cell)) &&
    value.some((cell) => cell !== 0)
  );
}

function isTile(value: unknown): boolean {
  return (
    typeof value === 'number' &&
    value >= 2 &&
    value <= LARGEST &&
    Number.isInteger(Math.log2(value))
  );
}

/** The cells of each row or column, from the wall that tiles slide to. */
function linesOf(direction: Direction): number[][] {
  const isHorizontal = direction === 'left' || direction === 'right';
  const isForward = direction === 'left' || direction === 'up';
  const steps = [...Array(SIZE).keys()];
  const places = isForward ? steps : steps.toReversed();
  return steps.map((line) =>
    places.map((place) => (isHorizontal ? line * SIZE + place : place * SIZE + line)),
  );
}

function slideLine(
  cells: Cells,
  line: readonly number[],
  moved: { cells: number[]; gained: number; slides: Slide[] },
): void {
  const free = [...line];
  /** The tile that the next one may merge with. */
  let open: { readonly cell: number; readonly value: number } | undefined;
  for (const from of line) {
    const value = cells[from] ?? 0;
    if (value === 0) continue;
    if (open?.value === value) {
      moved.cells[open.cell] = value * 2;
      moved.gained += value * 2;
      moved.slides.push({ from, to: open.cell });
      open = undefined;
    } else {
      const to = free.shift() ?? from;
      moved.cells[to] = value;
      moved.slides.push({ from, to });
      open = { cell: to, value };
    }
  }
}
