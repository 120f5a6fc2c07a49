/**
 * Where a delivery is. The position is what the database holds, so new ones go to the end.
 *
 * `coalesced`: told by a later delivery of the same alert; `dead`: its destination will never take it; `expired`: it
 * waited too long. Dead and expired ones are the dead letters.
 */
export const STATES = ['pending', 'delivered', 'coalesced', 'dead', 'expired'] as const;
export type State = (typeof STATES)[number];

/** States of dead letters. */
export const DEAD: readonly State[] = ['dead', 'expired'];

/** How many deliveries of a destination are in each state since the database began; `accepted` is the sum. */
export type Totals = Readonly<Record<State | 'accepted', number>>;

/** What the database holds for a state. */
export const numberOf = (state: State): number => STATES.indexOf(state);
