import * as fc from 'fast-check';
import {
  canMove,
  type Cells,
  type Direction,
  directions,
  hasMoved,
  isBoard,
  move,
  SIZE,
  spawn,
} from '../../../pages/2048/rules';

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

/** Boards with few different values, so that many tiles can merge. */
const anyBoard = fc.array(fc.constantFrom(0, 0, 2, 2, 4, 8, 1024), {
  minLength: 16,
  maxLength: 16,
});
const anyDirection = fc.constantFrom(...directions);

/** A board turned by a quarter, clockwise. */
const turn = (cells: Cells): Cells =>
  cells.map((_, cell) => {
    const row = Math.floor(cell / SIZE);
    const column = cell % SIZE;
    return cells[(SIZE - 1 - column) * SIZE + row] ?? 0;
  });

const turnedDirection: Record<Direction, Direction> = {
  up: 'right',
  right: 'down',
  down: 'left',
  left: 'up',
};

/** The first row after a move of a board that has only this row. */
const rowMoved = (row: readonly number[], direction: Direction): readonly number[] =>
  move([...row, ...Array.from({ length: 12 }, () => 0)], direction).cells.slice(0, SIZE);

describe('a move', () => {
  test.each<[readonly number[], Direction, readonly number[]]>([
    [[2, 0, 0, 2], 'left', [4, 0, 0, 0]],
    [[2, 2, 2, 2], 'left', [4, 4, 0, 0]],
    [[2, 2, 2, 0], 'left', [4, 2, 0, 0]],
    [[2, 2, 2, 0], 'right', [0, 0, 2, 4]],
    [[2, 2, 4, 0], 'left', [4, 4, 0, 0]],
    [[4, 2, 2, 0], 'right', [0, 0, 4, 4]],
    [[2, 4, 2, 4], 'left', [2, 4, 2, 4]],
    [[0, 0, 0, 2], 'left', [2, 0, 0, 0]],
    [[8, 0, 8, 16], 'left', [16, 16, 0, 0]],
  ])('%p to the %s gives %p', (before, direction, after) => {
    expect(rowMoved(before, direction)).toEqual(after);
  });

  test('keeps the sum, and gains what merging made', () => {
    fc.assert(
      fc.property(anyBoard, anyDirection, (cells, direction) => {
        const moved = move(cells, direction);
        expect(sum(moved.cells)).toBe(sum(cells));
        const ends = moved.slides.map(({ to }) => to);
        const merged = [...new Set(ends.filter((to, index) => ends.indexOf(to) !== index))];
        expect(moved.gained).toBe(sum(merged.map((cell) => moved.cells[cell] ?? 0)));
      }),
    );
  });

  test('takes each tile once, and no tile merges twice', () => {
    fc.assert(
      fc.property(anyBoard, anyDirection, (cells, direction) => {
        const { slides, cells: after } = move(cells, direction);
        const starts = slides.map(({ from }) => from).sort((one, other) => one - other);
        expect(starts).toEqual(cells.flatMap((value, cell) => (value > 0 ? [cell] : [])));
        after.forEach((value, cell) => {
          const parts = slides.filter(({ to }) => to === cell).map(({ from }) => cells[from]);
          const expected = [[], [value], [value / 2, value / 2]][parts.length];
          expect(parts).toEqual(expected);
          expect(parts.length === 0).toBe(value === 0);
        });
      }),
    );
  });

  test('leaves no gap towards its wall', () => {
    fc.assert(
      fc.property(anyBoard, (cells) => {
        const after = move(cells, 'left').cells;
        after.forEach((value, cell) => {
          if (value !== 0 && cell % SIZE > 0) expect(after[cell - 1]).not.toBe(0);
        });
      }),
    );
  });

  test('is the same in all four directions, but for a turn of the board', () => {
    fc.assert(
      fc.property(anyBoard, anyDirection, (cells, direction) => {
        const { cells: after, gained } = move(cells, direction);
        const turned = move(turn(cells), turnedDirection[direction]);
        expect(turned.cells).toEqual(turn(after));
        expect(turned.gained).toBe(gained);
      }),
    );
  });

  test('is possible exactly where a cell is empty beside a tile or neighbours are equal', () => {
    fc.assert(
      fc.property(anyBoard, (cells) => {
        const pairs = cells.flatMap((value, cell) => [
          ...(cell % SIZE < SIZE - 1 ? [[value, cells[cell + 1]]] : []),
          ...(cell < cells.length - SIZE ? [[value, cells[cell + SIZE]]] : []),
        ]);
        const expected = pairs.some(([one, other]) =>
          one === other ? one !== 0 : one === 0 || other === 0,
        );
        expect(canMove(cells)).toBe(expected);
      }),
    );
    expect(canMove([2, 4, 2, 4, 4, 2, 4, 2, 2, 4, 2, 4, 4, 2, 4, 2])).toBe(false);
    expect(canMove([2, 4, 2, 4, 4, 2, 4, 2, 2, 4, 2, 4, 4, 2, 4, 4])).toBe(true);
  });

  test('without effect is none', () => {
    const packed = move([2, 4, 8, 16, ...Array.from({ length: 12 }, () => 0)], 'left');
    expect([hasMoved(packed), packed.gained]).toEqual([false, 0]);
  });
});

describe('a new tile', () => {
  const scripted = (...values: number[]): (() => number) => {
    return () => values.shift() ?? 0;
  };
  const board = [2, 2, 0, 2, 2, 2, 2, 2, 2, 0, 2, 2, 2, 2, 2, 0];

  test('comes in an empty cell, each as likely', () => {
    expect(spawn(board, scripted(0, 0)).cell).toBe(2);
    expect(spawn(board, scripted(0.34, 0)).cell).toBe(9);
    expect(spawn(board, scripted(0.999, 0)).cell).toBe(15);
  });

  test('is a 2 in nine of ten cases, else a 4', () => {
    expect(spawn(board, scripted(0, 0.8999)).value).toBe(2);
    expect(spawn(board, scripted(0, 0.9)).value).toBe(4);
  });

  test('needs an empty cell', () => {
    expect(() =>
      spawn(
        board.map(() => 2),
        scripted(0, 0),
      ),
    ).toThrow('no cell is empty');
  });
});

test.each([
  [[], false],
  ['2', false],
  [Array.from({ length: 16 }, () => 0), false],
  [Array.from({ length: 16 }, () => 3), false],
  [Array.from({ length: 16 }, () => 1), false],
  [Array.from({ length: 16 }, () => '2'), false],
  [Array.from({ length: 16 }, () => 2 ** 18), false],
  [Array.from({ length: 17 }, () => 2), false],
  [Array.from({ length: 16 }, () => 2 ** 17), true],
])('%j as a board: %p', (value, expected) => {
  expect(isBoard(value)).toBe(expected);
});
