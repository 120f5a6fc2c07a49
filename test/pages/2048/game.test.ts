import * as fc from 'fast-check';
import { type Game, newGame, parseGame, play, statusOf } from '../../../pages/2048/game';
import { directions } from '../../../pages/2048/rules';

const full = [2, 4, 2, 4, 4, 2, 4, 2, 2, 4, 2, 4, 4, 2, 4, 2];
const gameOf = (cells: readonly number[], goesOn = false): Game => ({ cells, score: 0, goesOn });
/** A board that begins with these values and is empty beyond. */
const board = (...values: number[]): number[] => [
  ...values,
  ...Array.from({ length: 16 - values.length }, () => 0),
];
const low = (): number => 0;

test('a new game has two tiles and no score', () => {
  const { cells, score } = newGame(low);
  expect([cells, score]).toEqual([board(2, 2), 0]);
});

test('a move adds what it gained to the score, and one tile to the board', () => {
  const turn = play(gameOf(board(2, 2, 4, 4)), 'left', low);
  expect(turn).toMatchObject({ gained: 12, spawned: { cell: 2, value: 2 } });
  expect(turn?.game).toEqual({ cells: board(4, 8, 2), score: 12, goesOn: false });
});

test('a move that changes nothing brings no tile', () => {
  expect(play(gameOf(board(2, 4)), 'left', low)).toBeUndefined();
});

test('2048 is won, once; the player may go on', () => {
  const turn = play(gameOf(board(1024, 1024)), 'left', low);
  expect(statusOf(turn!.game)).toBe('won');
  expect(play(turn!.game, 'right', low)).toBeUndefined();
  const further = play({ ...turn!.game, goesOn: true }, 'right', low);
  expect(statusOf(further!.game)).toBe('playing');
});

test('a full board without equal neighbours is over', () => {
  expect(statusOf(gameOf(full))).toBe('over');
  expect(statusOf(gameOf(full.with(0, 4)))).toBe('playing');
  const won = full.with(0, 4096);
  expect([statusOf(gameOf(won)), statusOf(gameOf(won, true))]).toEqual(['won', 'over']);
});

test('whatever is played, the game stays one that can be kept, and its sum grows by each new tile', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...directions)),
      fc.infiniteStream(fc.noShrink(unit)),
      playAll,
    ),
    { numRuns: 50 },
  );
});

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

function playAll(moves: (typeof directions)[number][], stream: Iterator<number>): void {
  const random = (): number => Number(stream.next().value);
  let game = newGame(random);
  for (const direction of moves) {
    const before = game.cells.reduce((sum, value) => sum + value);
    const turn = play(game, direction, random);
    if (!turn) continue;
    game = turn.game;
    expect(game.cells.reduce((sum, value) => sum + value)).toBe(before + turn.spawned.value);
    expect(parseGame(JSON.parse(JSON.stringify(game)))).toEqual(game);
  }
}

test.each([
  null,
  7,
  {},
  { cells: board(2), score: 0 },
  { cells: board(3), score: 0, goesOn: false },
  { cells: board(2), score: -1, goesOn: false },
  { cells: board(2), score: 1.5, goesOn: false },
  { cells: board(2), score: '0', goesOn: false },
])('%j is no game', (kept) => {
  expect(parseGame(kept)).toBeUndefined();
});
