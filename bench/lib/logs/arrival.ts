import type { Figure } from '../figures';
import type { Arrival } from './read';

/** What became of so many numbered lines. */
export const arrivalFigures = ({ roll }: Pick<Arrival, 'roll'>, lines: number): Figure[] => [
  { what: 'lines written', value: lines },
  { what: `  of which lost (${roll.gaps})`, value: roll.lost, atMost: 0 },
  { what: '  of which there twice', value: roll.duplicates },
  { what: '  lines that nobody wrote', value: roll.unknown, atMost: 0 },
];

/** How long something took; nothing where it did not come to its end. */
export const secondsFigure = (what: string, from: number, to: number | undefined): Figure[] =>
  to === undefined ? [] : [{ what, value: Math.max(0, to - from) / 1000, unit: 's', digits: 1 }];
