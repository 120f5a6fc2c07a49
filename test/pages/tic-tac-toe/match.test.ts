import {
  isOpen,
  type Match,
  playCell,
  startMatch,
  startRound,
} from '../../../pages/tic-tac-toe/match';
import { boardOf, nextMark } from '../../../pages/tic-tac-toe/rules';
import { describeMatch } from '../../../pages/tic-tac-toe/sentences';
import { empty, low } from './boards';

describe('a match', () => {
  const playAll = (match: Match, cells: readonly number[]): Match =>
    cells.reduce((before, cell) => playCell(before, cell, low), match);

  test('of two: they take turns, the score is kept, and the other one begins the next round', () => {
    const won = playAll(startMatch('person'), [0, 3, 1, 4, 2]);
    expect(won.score).toEqual({ X: 1, O: 0, draw: 0 });
    expect(playCell(won, 8, low)).toBe(won);
    const next = startRound(won, low);
    expect([nextMark(next.round), boardOf(next.round)]).toEqual(['O', empty]);
    expect(playAll(next, [0, 3, 1, 4, 2]).score).toEqual({ X: 1, O: 1, draw: 0 });
    const drawn = playAll(next, [0, 1, 2, 4, 3, 5, 7, 6, 8]);
    expect(drawn.score).toEqual({ X: 1, O: 0, draw: 1 });
  });

  test('against the computer: it answers, and begins every other round', () => {
    const match = playCell(startMatch('perfect'), 4, low);
    expect([match.round.moves.length, isOpen(match)]).toEqual([2, true]);
    const next = startRound(match, low);
    expect([next.round.first, next.round.moves.length]).toEqual(['O', 1]);
    expect(nextMark(next.round)).toBe('X');
  });

  test('a round without a move begins with the same one', () => {
    expect(startRound(startMatch('person'), low).round.first).toBe('X');
  });

  test('is told in words', () => {
    const start = startMatch('person');
    expect(describeMatch(start)).toBe('X begins.');
    expect(describeMatch(playAll(start, [4]))).toBe('X in row 2, column 2. It is the turn of O.');
    expect(describeMatch(playAll(start, [0, 3, 1, 4, 2]))).toBe('X in row 1, column 3. X wins!');
    const alone = playCell(startMatch('easy'), 4, low);
    expect(describeMatch(alone)).toBe(
      'X in row 2, column 2. Computer: O in row 1, column 1. Your turn: you are X.',
    );
    const begun = startRound(alone, low);
    expect(describeMatch(begun)).toBe('Computer: O in row 1, column 1. Your turn: you are X.');
    expect(describeMatch(playAll(startMatch('easy'), [4, 2, 6]))).toBe(
      'X in row 3, column 1. You win!',
    );
  });
});
