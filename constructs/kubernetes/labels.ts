import type { Component } from '../topology';

export const PART_OF_LABEL = 'app.kubernetes.io/part-of';
export const VIGIL = 'vigil';

/** Carried by every object of ours: what `down` and pruning may touch. */
export const PART_OF = { [PART_OF_LABEL]: VIGIL } as const;

/** Selects the pods of a component. */
export const selectorOf = (component: Pick<Component, 'name'>): Record<string, string> => ({
  'app.kubernetes.io/name': component.name,
  ...PART_OF,
});

/** Names the work that a node is meant for; a preference of the scheduler, never a condition. */
export const ROLE_LABEL = 'vigil.local/role';
