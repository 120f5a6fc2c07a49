import type { Destination, Outcome, Parked } from '../model';

/** What is found of one destination. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** One line without secrets. */
  readonly text: string;
}

/** Asks each destination whether it would take messages; none is sent. Parked is well: it is known, and shown. */
export function checkDestinations(
  destinations: readonly (Destination | Parked)[],
  signal: AbortSignal,
): Promise<Finding[]> {
  return Promise.all(destinations.map((one) => check(one, signal)));
}

async function check(one: Destination | Parked, signal: AbortSignal): Promise<Finding> {
  const { name } = one;
  if ('parked' in one) return { name, ok: true, text: `parked: ${one.parked}` };
  if (!one.verify) return { name, ok: true, text: 'well-formed; it can be asked only by sending' };
  const outcome = await one.verify(signal);
  return outcome.kind === 'delivered'
    ? { name, ok: true, text: 'ready' }
    : { name, ok: false, text: troubleOf(outcome) };
}

/** What an outcome other than delivered means, in one line. */
export function troubleOf(outcome: Exclude<Outcome, { kind: 'delivered' }>): string {
  switch (outcome.kind) {
    case 'retry':
      return `not now: ${outcome.reason}`;
    case 'wait':
      return `not before ${Math.ceil(outcome.ms / 1000)} s have passed: ${outcome.reason}`;
    case 'refused':
      return `refused: ${outcome.reason}`;
    case 'unhealthy':
      return `gone or forbidden: ${outcome.reason}`;
  }
}
