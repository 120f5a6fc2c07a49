import type { Random } from '../shared/random';
import { chooseCell, type Level } from './computer';
import { boardOf, type Mark, nextMark, otherMark, outcomeOf, type Round, take } from './rules';

/** Who plays O; X is always a person. */
export type Opponent = 'person' | Level;

/** Rounds of one session. */
export interface Score {
  readonly X: number;
  readonly O: number;
  readonly draw: number;
}

export interface Match {
  readonly opponent: Opponent;
  readonly round: Round;
  readonly score: Score;
}

/** A match in which nothing happened yet; X begins its first round. */
export function startMatch(opponent: Opponent): Match {
  return { opponent, round: { first: 'X', moves: [] }, score: { X: 0, O: 0, draw: 0 } };
}

/** A new round, begun by the one who did not begin the last; a round without a move is kept as it is. */
export function startRound(match: Match, random: Random): Match {
  const hasBegun = match.round.moves.length > 0;
  const first = hasBegun ? otherMark(match.round.first) : match.round.first;
  return answer({ ...match, round: { first, moves: [] } }, random);
}

/** A person's move and, where the opponent is the computer, its answer; the same match where the move is not allowed. */
export function playCell(match: Match, cell: number, random: Random): Match {
  const round = take(match.round, cell);
  return round === match.round ? match : answer(count({ ...match, round }), random);
}

/** Whether the round waits for a person. */
export const isOpen = ({ round }: Match): boolean => outcomeOf(boardOf(round)).kind === 'open';

function answer(match: Match, random: Random): Match {
  const { opponent, round } = match;
  if (opponent === 'person' || !isOpen(match) || nextMark(round) === 'X') return match;
  const cell = chooseCell(boardOf(round), 'O', opponent, random);
  return count({ ...match, round: take(round, cell) });
}

/** Counts a round that has just ended. */
function count(match: Match): Match {
  const outcome = outcomeOf(boardOf(match.round));
  if (outcome.kind === 'open') return match;
  const who: Mark | 'draw' = outcome.kind === 'won' ? outcome.winner : 'draw';
  return { ...match, score: { ...match.score, [who]: match.score[who] + 1 } };
}
