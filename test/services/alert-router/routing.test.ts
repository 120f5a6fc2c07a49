import fc from 'fast-check';
import { stringify } from 'yaml';
import type { RouteConfig } from '../../../constructs/alert-router/router-config';
import { MatcherError, parseMatcher } from '../../../services/alert-router/src/routing/matcher';
import { Router } from '../../../services/alert-router/src/routing/router';
import { describeWith } from '../../support/tools';

type Labels = Readonly<Record<string, string>>;

describe('a matcher', () => {
  test.each([
    ['severity="critical"', { severity: 'critical' }, true],
    ['severity="critical"', { severity: 'Critical' }, false],
    ['severity=critical', { severity: 'critical' }, true],
    [' severity = "critical" ', { severity: 'critical' }, true],
    ['severity!="critical"', {}, true],
    ['severity!=""', {}, false],
    ['severity=""', {}, true],
    ['severity=~"warn|crit"', { severity: 'critical' }, false],
    ['severity=~"warn.*|crit.*"', { severity: 'critical' }, true],
    ['severity=~".+"', {}, false],
    ['severity!~"crit.*"', { severity: 'warning' }, true],
    ['severity!~".*"', {}, false],
    ['a=~"b."', { a: 'b\n' }, false],
    ['"größe des dings"="1"', { 'größe des dings': '1' }, true],
    ['größe=1', { größe: '1' }, true],
    ['a="say \\"hi\\"\\n\\u00e9\\x41\\101"', { a: 'say "hi"\né' + 'AA' }, true],
    // What Go refuses, Alertmanager reads in its classic notation.
    ['a="\\q"', { a: '\\q' }, true],
    ['a="\\xff"', { a: '\\xff' }, true],
    ['a="\\ud800 \\n"', { a: '\\ud800 \n' }, true],
    ['instance=~"10\\.0\\..*"', { instance: '10.0.0.1' }, true],
    ['instance=~"10\\.0\\..*"', { instance: '10x0.0.1' }, false],
    ['job=~"a\\d\\"?"', { job: 'a1"' }, true],
    ['toString=""', {}, true],
    ['__proto__=""', {}, true],
  ])('%s on %j: %s', (text, labels, expected) => {
    const own = Object.assign(Object.create(null) as Record<string, string>, labels);
    expect(parseMatcher(text).matches(own)).toBe(expected);
  });

  test.each([
    '',
    'a',
    '=b',
    'a==b',
    'a=b c',
    'a="b',
    'a=b"',
    '"a"',
    '""="b"',
    'a=~"(?=b)"',
    'a={b}',
  ])('%j is refused in one line', (text) => {
    expect(() => parseMatcher(text)).toThrow(MatcherError);
    expect(() => parseMatcher(text)).not.toThrow(/\n/);
  });

  test('takes linear time for a pattern that takes others for ever', () => {
    const { matches } = parseMatcher('a=~"(x+x+)+y"');
    const start = performance.now();
    expect(matches({ a: 'x'.repeat(5_000) })).toBe(false);
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  test('remembers verdicts without mixing them up', () => {
    const { matches } = parseMatcher('a=~"[0-9]*[02468]"');
    const odd = Array.from({ length: 3_000 }, (_, index) => matches({ a: String(index % 1_500) }));
    expect(odd).toEqual(odd.map((_, index) => index % 2 === 0));
  });
});

describe('the routes', () => {
  const router = new Router({
    route: {
      destinations: ['general'],
      routes: [
        { matchers: ['severity="critical"'], destinations: ['mail'], continue: true },
        {
          matchers: ['category="node"'],
          destinations: ['node'],
          routes: [
            { matchers: ['job="disk"'], destinations: ['disk', 'mail'] },
            { matchers: ['job="quiet"'] },
          ],
        },
        { matchers: ['category=~"node|web"'], destinations: ['late'] },
      ],
    },
  });

  test.each([
    [{}, ['general']],
    [{ category: 'node' }, ['node']],
    [{ category: 'node', job: 'disk' }, ['disk', 'mail']],
    [{ category: 'node', job: 'quiet' }, ['node']],
    [{ category: 'web' }, ['late']],
    [{ severity: 'critical' }, ['mail']],
    [{ severity: 'critical', category: 'node', job: 'disk' }, ['mail', 'disk']],
  ] as [Labels, string[]][])('%j goes to %j', (labels, destinations) => {
    expect(router.route(labels).destinations).toEqual(destinations);
  });

  test('say which ones took an alert', () => {
    const { taken } = router.route({ severity: 'critical', category: 'node', job: 'disk' });
    expect(taken.map(({ path }) => path)).toEqual([
      ['severity="critical"'],
      ['category="node"', 'job="disk"'],
    ]);
    expect(router.route({}).taken).toMatchObject([{ path: [] }]);
  });
});

/** Trees of routes over a few labels; each destination is a receiver of Alertmanager. */
const matcher = fc
  .tuple(
    fc.constantFrom('a', 'b', '"c d"'),
    fc.constantFrom('=', '!=', '=~', '!~'),
    fc.constantFrom('"1"', '"2"', '""', '"1|2"', '".+"', '"[^1]*"'),
  )
  .map((parts) => parts.join(''));
const tree = (depth: number): fc.Arbitrary<RouteConfig> =>
  fc.record(
    {
      matchers: fc.array(matcher, { minLength: 1, maxLength: 2 }),
      destinations: fc.constantFrom(['r1'], ['r2'], ['r3'], ['r4']),
      continue: fc.boolean(),
      routes: depth === 0 ? fc.constant([]) : fc.array(tree(depth - 1), { maxLength: 2 }),
    },
    { requiredKeys: ['matchers', 'routes'] },
  );
const labelSet = fc.dictionary(fc.constantFrom('a', 'b', 'c d'), fc.constantFrom('1', '2', '3'), {
  maxKeys: 3,
});

/** The same tree, with receivers that no other tree has. */
const named = (
  prefix: string,
  { destinations, routes = [], ...rest }: RouteConfig,
): RouteConfig => ({
  ...rest,
  ...(destinations && { destinations: destinations.map((one) => `${prefix}-${one}`) }),
  routes: routes.map((one) => named(prefix, one)),
});

describeWith('amtool', "Alertmanager's own routing", (bench) => {
  const yamlOf = ({
    matchers,
    destinations,
    routes = [],
    continue: goesOn,
  }: RouteConfig): object => ({
    matchers,
    ...(destinations && { receiver: destinations[0] }),
    continue: goesOn ?? false,
    routes: routes.map(yamlOf),
  });

  test('takes every alert to the same places', () => {
    // Many trees below one that matches everything and continues: each run of amtool judges them all.
    const trees = fc.sample(fc.array(tree(2), { minLength: 1, maxLength: 4 }), {
      numRuns: 60,
      seed: 20260601,
    });
    const routes = trees.map((below, index) => ({
      matchers: ['a=~".*"'],
      destinations: [`t${index}-r0`],
      continue: true,
      routes: below.map((one) => named(`t${index}`, one)),
    }));
    const receivers = trees.flatMap((_, index) =>
      ['r0', 'r1', 'r2', 'r3', 'r4'].map((name) => ({ name: `t${index}-${name}` })),
    );
    const { run, folder } = bench(() => ({
      'alertmanager.yml': stringify({
        route: { receiver: 't0-r0', routes: routes.map(yamlOf) },
        receivers,
      }),
    }));
    const router = new Router({ route: { destinations: ['t0-r0'], routes } });
    const elsewhere = new Set<string>();
    for (const labels of fc.sample(labelSet, { numRuns: 6, seed: 7 })) {
      const pairs = Object.entries(labels).map(([name, value]) => `"${name}"="${value}"`);
      const { code, output } = run(
        ...['config', 'routes', 'test', `--config.file=${folder}/alertmanager.yml`, ...pairs],
      );
      expect({ code, output }).toMatchObject({ code: 0 });
      const { destinations } = router.route(labels);
      expect(destinations).toEqual([...new Set(output.trim().split(','))]);
      for (const one of destinations) elsewhere.add(one.replace(/.*-/, ''));
    }
    expect(elsewhere.size).toBe(5);
  }, 60_000);
});
