import {
  type Board,
  boardOf,
  freeCells,
  type Mark,
  otherMark,
  outcomeOf,
  take,
} from '../../../pages/tic-tac-toe/rules';
import { empty, read } from './boards';

describe('the rules', () => {
  test.each<[string, object]>([
    ['... ... ...', { kind: 'open' }],
    ['XX. OO. ...', { kind: 'open' }],
    ['XXX OO. ...', { kind: 'won', winner: 'X', line: [0, 1, 2] }],
    ['XX. OOO X..', { kind: 'won', winner: 'O', line: [3, 4, 5] }],
    ['OX. OX. .XO', { kind: 'won', winner: 'X', line: [1, 4, 7] }],
    ['X.O .X. O.X', { kind: 'won', winner: 'X', line: [0, 4, 8] }],
    ['X.O .OX O.X', { kind: 'won', winner: 'O', line: [2, 4, 6] }],
    ['XOX XOO OXX', { kind: 'draw' }],
    ['XOX OXO OXX', { kind: 'won', winner: 'X', line: [0, 4, 8] }],
  ])('%s', (text, expected) => {
    expect(outcomeOf(read(text))).toEqual(expected);
  });

  test('know the numbers of rounds that are won, lost and drawn', () => {
    // The published numbers of all games: 131,184 for who begins, 77,904 for the other, 46,080 draws.
    const counts = { X: 0, O: 0, draw: 0 };
    const explore = (board: Board, mark: Mark): void => {
      const outcome = outcomeOf(board);
      if (outcome.kind === 'won') counts[outcome.winner] += 1;
      else if (outcome.kind === 'draw') counts.draw += 1;
      else for (const cell of freeCells(board)) explore(board.with(cell, mark), otherMark(mark));
    };
    explore(empty, 'X');
    expect(counts).toEqual({ X: 131_184, O: 77_904, draw: 46_080 });
  });

  test('let nobody take a cell twice, or after the end, or outside', () => {
    const round = { first: 'X', moves: [0, 3, 1, 4] } as const;
    expect([take(round, 0), take(round, 9), take(round, -1)]).toEqual([round, round, round]);
    const won = take(round, 2);
    expect(boardOf(won)).toEqual(read('XXX OO. ...'));
    expect(take(won, 8)).toBe(won);
  });
});
