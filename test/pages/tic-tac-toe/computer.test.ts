import { bestCells, chooseCell } from '../../../pages/tic-tac-toe/computer';
import {
  type Board,
  freeCells,
  type Mark,
  otherMark,
  outcomeOf,
} from '../../../pages/tic-tac-toe/rules';
import { empty, low, read } from './boards';

describe('the computer', () => {
  const key = (board: Board): string => board.map((mark) => mark ?? '.').join('');

  /** Ends of every round in which the computer plays O perfectly and the other one whatever it can. */
  function ends(first: Mark): Set<string> {
    const seen = new Set<string>();
    const found = new Set<string>();
    const explore = (board: Board, mark: Mark): void => {
      if (seen.has(key(board))) return;
      seen.add(key(board));
      const outcome = outcomeOf(board);
      if (outcome.kind !== 'open') found.add(outcome.kind === 'won' ? outcome.winner : 'draw');
      if (outcome.kind !== 'open') return;
      const cells = mark === 'O' ? bestCells(board, 'O') : freeCells(board);
      for (const cell of cells) explore(board.with(cell, mark), otherMark(mark));
    };
    explore(empty, first);
    return found;
  }

  test.each<Mark>(['X', 'O'])('never loses, whatever is played, when %s begins', (first) => {
    expect(ends(first)).toEqual(new Set(['O', 'draw']));
  });

  test('wins at once where it can, and blocks where it must', () => {
    expect(bestCells(read('OO. XX. X..'), 'O')).toEqual([2]);
    expect(bestCells(read('XX. O.. ...'), 'O')).toEqual([2]);
  });

  test('that is easy takes a win, and else any cell', () => {
    expect(chooseCell(read('OO. XX. X..'), 'O', 'easy', low)).toBe(2);
    const board = read('XX. O.. ...');
    const chosen = [0, 0.2, 0.4, 0.6, 0.8, 0.99].map((value) =>
      chooseCell(board, 'O', 'easy', () => value),
    );
    expect(chosen).toEqual([2, 4, 5, 6, 7, 8]);
  });

  test('needs a free cell', () => {
    expect(() => chooseCell(read('XOX XOO OXX'), 'O', 'perfect', low)).toThrow('no cell is free');
  });
});
