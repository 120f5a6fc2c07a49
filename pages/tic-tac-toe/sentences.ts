import { placeOf } from '../shared/place';
import { isOpen, type Match, type Opponent } from './match';
import { boardOf, markAt, nextMark, outcomeOf, SIZE, type Mark } from './rules';

/** What happened last and what comes next. */
export function describeMatch(match: Match): string {
  return [...lastMoves(match), isOpen(match) ? describeTurn(match) : describeOutcome(match)].join(
    ' ',
  );
}

export function describeCell(cell: number, mark: Mark | undefined): string {
  return `${placeOf(cell, SIZE)}: ${mark ?? 'empty'}`;
}

/** What a player is called beside the score. */
export function nameOf(mark: Mark, opponent: Opponent): string {
  if (opponent === 'person') return mark;
  return mark === 'X' ? 'You (X)' : 'Computer (O)';
}

/** The last move; where it is the computer's answer, also the move before. */
function lastMoves({ opponent, round }: Match): string[] {
  const { moves } = round;
  const isAnswer = opponent !== 'person' && markAt(round, moves.length - 1) === 'O';
  const from = Math.max(0, moves.length - (isAnswer ? 2 : 1));
  return moves.slice(from).map((cell, index) => {
    const mark = markAt(round, from + index);
    const subject = opponent !== 'person' && mark === 'O' ? 'Computer: O' : mark;
    return `${subject} in ${placeOf(cell, SIZE)}.`;
  });
}

function describeTurn({ opponent, round }: Match): string {
  if (opponent !== 'person') return 'Your turn: you are X.';
  const mark = nextMark(round);
  return round.moves.length === 0 ? `${mark} begins.` : `It is the turn of ${mark}.`;
}

function describeOutcome({ opponent, round }: Match): string {
  const outcome = outcomeOf(boardOf(round));
  if (outcome.kind !== 'won') return 'A draw.';
  if (opponent === 'person') return `${outcome.winner} wins!`;
  return outcome.winner === 'X' ? 'You win!' : 'The computer wins.';
}
