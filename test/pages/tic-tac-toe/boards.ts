import type { Board, Mark } from '../../../pages/tic-tac-toe/rules';

/** Reads `XO. .X. ..O` as a board. */
export const read = (text: string): Board =>
  [...text.replaceAll(' ', '')].map((mark) => (mark === '.' ? undefined : (mark as Mark)));

export const empty = read('... ... ...');

/** A random number that is always the lowest. */
export const low = (): number => 0;
