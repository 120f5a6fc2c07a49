// As a namespace, so that the bundle leaves out zod's other languages: 8 MiB.
import * as z from 'zod';
import { closest } from 'fastest-levenshtein';
import type {
  DestinationConfig,
  RouteConfig,
  RouterConfig,
} from '../../../../constructs/alert-router/router-config';
import { ConfigError } from '../../../shared/environment';
import { MatcherError, parseMatcher } from '../routing/matcher';

/** What can be a key of a Secret, and so a file's name. */
const name = z.string().regex(/^[A-Za-z0-9][-._A-Za-z0-9]*$/, 'a name of letters, digits, - . _');
const url = z
  .string()
  .regex(/^https?:\/\/\S+[^/\s]$/, 'an http or https URL without a slash at the end');
const identity = z.string().startsWith('spiffe://', 'a SPIFFE ID, spiffe://…');
const seconds = z.number().int().positive();

const matcher = z.string().superRefine((text, context) => {
  try {
    parseMatcher(text);
  } catch (error) {
    if (!(error instanceof MatcherError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
});

const destination = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('discord'), origins: z.array(url).min(1) }),
  z.strictObject({
    kind: z.literal('mail'),
    from: z.string().optional(),
    to: z.array(z.string()),
  }),
  z.strictObject({ kind: z.literal('webhook') }),
]) satisfies z.ZodType<DestinationConfig>;

const destinations = z.array(name).min(1, 'at least one destination');
const route: z.ZodType<RouteConfig> = z.lazy(() =>
  z.strictObject({
    matchers: z.array(matcher),
    destinations: destinations.optional(),
    continue: z.boolean().optional(),
    routes: z.array(route).optional(),
  }),
);

const schema = z.strictObject({
  version: z.literal(1),
  destinations: z.record(name, destination),
  route: z.strictObject({ destinations, routes: z.array(route) }),
  clients: z.strictObject({
    webhook: z.array(identity),
    metrics: z.array(identity),
    people: z.array(identity),
  }),
  alertmanagers: z.array(url),
  notificationDelaySeconds: seconds,
  heartbeatTimeoutSeconds: seconds,
  reminderSeconds: seconds,
  links: z.strictObject({ runbooks: url.optional(), grafana: url.optional() }),
}) satisfies z.ZodType<RouterConfig>;

/**
 * Reads the text of a configuration.
 * @throws ConfigError saying where it is wrong, and what is allowed there
 */
export function parseConfig(text: string): RouterConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`not JSON: ${(error as Error).message}`);
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${at(issue.path)}: ${messageOf(issue)}`);
    throw new ConfigError(problems.join('; '));
  }
  checkNames(result.data);
  return result.data;
}

/** @throws ConfigError when a route goes to a destination that is not configured */
function checkNames({
  destinations: known,
  route: { destinations: own, routes },
}: RouterConfig): void {
  const names = Object.keys(known);
  const check = (used: readonly string[] = [], path: string): void => {
    for (const [index, one] of used.entries()) {
      if (Object.hasOwn(known, one)) continue;
      const hint = names.length === 0 ? 'there are none' : `did you mean ${closest(one, names)}?`;
      throw new ConfigError(
        `${path}.destinations[${index}]: no destination is called ${one}: ${hint}`,
      );
    }
  };
  const visit = (list: readonly RouteConfig[] = [], path: string): void => {
    for (const [index, one] of list.entries()) {
      check(one.destinations, `${path}.routes[${index}]`);
      visit(one.routes, `${path}.routes[${index}]`);
    }
  };
  check(own, 'route');
  visit(routes, 'route');
}

/** Of a bad key, zod says why only inside. */
function messageOf(issue: z.core.$ZodIssue): string {
  const inner = issue.code === 'invalid_key' ? issue.issues[0] : undefined;
  return inner?.message ?? issue.message;
}

function at(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the configuration';
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}
