import type { Labels } from '../model';
import type { Decision, Taken } from '../routing/router';

/** Where an alert with these labels goes, and which routes took it: lines for people. */
export function explain(labels: Labels, { destinations, taken }: Decision): string[] {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return [
    `An alert with {${pairs.join(', ')}}`,
    ...taken.map((one) => `  is taken by ${routeOf(one)}, for ${one.destinations.join(', ')}`),
    `and goes to ${destinations.join(', ')}.`,
  ];
}

const routeOf = ({ path }: Taken): string =>
  path.length === 0 ? 'no route, so by the default one' : path.join(' > ');
