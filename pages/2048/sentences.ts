import { placeOf } from '../shared/place';
import type { Game, Turn } from './game';
import { type Cells, type Direction, GOAL, SIZE } from './rules';

export function describeTurn(direction: Direction, { game, gained, spawned }: Turn): string {
  const points = gained > 0 ? `plus ${gained}, score ${game.score}` : `score ${game.score}`;
  return `Moved ${direction}: ${points}. New ${spawned.value} in ${placeOf(spawned.cell, SIZE)}.`;
}

export const describeStuck = (direction: Direction): string => `Nothing can move ${direction}.`;

export const describeEnd = (status: 'won' | 'over', { score }: Game): string =>
  status === 'won'
    ? `You made ${GOAL}! Score ${score}.`
    : `Game over, nothing can move. Score ${score}.`;

/** The whole board in words. */
export function describeBoard(cells: Cells): string {
  const rows = Array.from({ length: SIZE }, (_, row) => {
    const values = cells.slice(row * SIZE, (row + 1) * SIZE);
    return `Row ${row + 1}: ${values.map(describeCell).join(', ')}.`;
  });
  const empty = cells.filter((value) => value === 0).length;
  return `${rows.join(' ')} Largest ${Math.max(...cells)}, ${empty} of ${cells.length} cells empty.`;
}

export const describeCell = (value: number): string => (value === 0 ? 'empty' : String(value));
