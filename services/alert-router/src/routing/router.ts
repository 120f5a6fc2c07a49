import type { RouteConfig, RouterConfig } from '../../../../constructs/alert-router/router-config';
import type { Labels } from '../model';
import { type Matcher, parseMatcher } from './matcher';

/** A route that took the alert. */
export interface Taken {
  /** The matchers of each route from the first below the default one down to this; none: the default route. */
  readonly path: readonly string[];
  readonly destinations: readonly string[];
}

/** Where an alert goes, and why. */
export interface Decision {
  /** In the order of the routes, each once; at least one. */
  readonly destinations: readonly string[];
  readonly taken: readonly Taken[];
}

interface Node {
  readonly matchers: readonly Matcher[];
  readonly destinations: readonly string[];
  readonly path: readonly string[];
  readonly continues: boolean;
  readonly routes: readonly Node[];
}

/**
 * The routes of a configuration, with the semantics of Alertmanager's own: the routes below one are asked first, in
 * order, up to the first that matches without `continue`; when none matches, the alert stays with the one above.
 */
export class Router {
  private readonly root: Node;

  /** @throws MatcherError when a matcher cannot be read */
  constructor({ route }: Pick<RouterConfig, 'route'>) {
    const { destinations, routes } = route;
    this.root = {
      matchers: [],
      destinations,
      path: [],
      continues: false,
      routes: routes.map((one) => nodeOf(one, destinations, [])),
    };
  }

  route(labels: Labels): Decision {
    const taken: Node[] = [];
    take(this.root, labels, taken);
    const [first] = taken;
    const destinations =
      first && taken.length === 1
        ? first.destinations
        : [...new Set(taken.flatMap((node) => node.destinations))];
    return { destinations, taken };
  }
}

function nodeOf(
  { matchers, destinations, continue: continues = false, routes = [] }: RouteConfig,
  inherited: readonly string[],
  above: readonly string[],
): Node {
  const path = [...above, matchers.length === 0 ? 'every alert' : matchers.join(', ')];
  const own = [...new Set(destinations ?? inherited)];
  return {
    matchers: matchers.map(parseMatcher),
    destinations: own,
    path,
    continues,
    routes: routes.map((one) => nodeOf(one, own, path)),
  };
}

/** Whether the node matches; the nodes that take the alert go to `taken`. */
function take(node: Node, labels: Labels, taken: Node[]): boolean {
  if (!node.matchers.every(({ matches }) => matches(labels))) return false;
  const before = taken.length;
  for (const below of node.routes) {
    if (take(below, labels, taken) && !below.continues) break;
  }
  if (taken.length === before) taken.push(node);
  return true;
}
