import { type ApiResponse, json, type Route } from './routes';

/** What a request is for; without a route, how it is refused. */
export type Found =
  | { readonly route: Route; readonly refusal?: undefined }
  | { readonly route?: undefined; readonly refusal: ApiResponse };

/** Finds the endpoint of a request. */
export class RouteTable {
  private readonly exact = new Map<string, Route[]>();
  private readonly prefixes: readonly Route[];

  constructor(routes: readonly Route[]) {
    const isPrefix = ({ path }: Route): boolean => path.length > 1 && path.endsWith('/');
    this.prefixes = routes.filter(isPrefix);
    for (const route of routes.filter((one) => !isPrefix(one))) {
      this.exact.set(route.path, [...(this.exact.get(route.path) ?? []), route]);
    }
  }

  find(method: string | undefined, path: string): Found {
    const candidates =
      this.exact.get(path) ?? this.prefixes.filter((one) => path.startsWith(one.path));
    const route = candidates.find((one) => one.method === method);
    if (route) return { route };
    if (candidates.length === 0) return { refusal: json(404, { error: 'not found' }) };
    const allow = candidates.map((one) => one.method).join(', ');
    const { headers, ...answer } = json(405, { error: `allowed: ${allow}` });
    return { refusal: { ...answer, headers: { ...headers, allow } } };
  }
}
