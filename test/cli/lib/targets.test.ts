import type { Target } from '../../../cli/lib/prometheus-api';
import { briefly, hintsFor, judgeTargets } from '../../../cli/lib/targets';

const target = (scrapePool: string, more: Partial<Target> = {}): Target => ({
  scrapePool,
  scrapeUrl: `https://${scrapePool}:1/metrics`,
  labels: {},
  lastError: '',
  health: 'up',
  ...more,
});

const named = (names: string[]) => names.map((name) => ({ name }));

const texts = (expected: string[], targets: Target[]): string[] =>
  judgeTargets(named(expected), targets).problems.map(({ text }) => text);

test('every expected job with every target up over TLS: no problem', () => {
  const verdict = judgeTargets(named(['a', 'b']), [target('b'), target('a'), target('b')]);
  expect(verdict).toEqual({
    jobs: [
      { job: 'a', up: 1, total: 1 },
      { job: 'b', up: 2, total: 2 },
    ],
    problems: [],
  });
});

test('an expected job without a target is a problem', () => {
  expect(texts(['a', 'b'], [target('a')])).toEqual(['b: Prometheus has no target']);
});

test('a target that is down is named with the error of its last scrape', () => {
  const down = target('a', { health: 'down', lastError: 'tls: bad certificate' });
  expect(texts(['a'], [target('a'), down])).toEqual([
    'a: https://a:1/metrics is down: tls: bad certificate',
  ]);
});

test('a target that was not scraped yet is not up', () => {
  expect(texts(['a'], [target('a', { health: 'unknown' })])).toEqual([
    'a: https://a:1/metrics is unknown: not scraped yet',
  ]);
});

test('a target that is up without TLS is a problem', () => {
  expect(texts(['a'], [target('a', { scrapeUrl: 'http://a:1/metrics' })])).toEqual([
    'a: http://a:1/metrics is scraped without TLS',
  ]);
});

test('a job that nobody expected must be up, too', () => {
  expect(texts([], [target('extra', { health: 'down', lastError: 'x' })])).toHaveLength(1);
});

test('of several targets of a job one is named, and the others are counted', () => {
  const problem = (job: string, text: string) => ({ job, text: `${job}: ${text}` });

  expect(
    briefly([problem('a', 'x is down'), problem('b', 'z is down'), problem('a', 'y is down')]),
  ).toEqual(['a: x is down', 'a: and 1 more', 'b: z is down']);
});

test('what a cluster may lack has one hint, however many targets it has', () => {
  const kubelet = { job: 'kubelet', text: 'kubelet: down' };

  expect(hintsFor([kubelet, kubelet, { job: 'grafana', text: 'grafana: down' }])).toEqual([
    expect.stringMatching(/^hint: .*set cluster\.kubelets: false$/),
  ]);
});
