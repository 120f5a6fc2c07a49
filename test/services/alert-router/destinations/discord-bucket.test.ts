import fc from 'fast-check';
import { Bucket } from '../../../../services/alert-router/src/destinations/discord/bucket';
import { SharedLimits } from '../../../../services/alert-router/src/destinations/discord/shared-limits';
import { TestClock } from '../../../support/test-clock';

let clock: TestClock;
let shared: SharedLimits;
let bucket: Bucket;
beforeEach(() => {
  clock = new TestClock();
  shared = new SharedLimits(clock);
  bucket = new Bucket(clock, shared);
});

const answer = (
  status: number,
  headers: Record<string, string> = {},
  body: unknown = {},
): number | undefined => {
  bucket.called();
  return bucket.answered({ status, headers, body: JSON.stringify(body) });
};
const RATE = { 'x-ratelimit-scope': 'user' };

describe('before anything is known', () => {
  test('five calls go at once, the sixth waits for the window of two seconds', () => {
    for (let call = 0; call < 5; call++) {
      expect(bucket.waitMs()).toBe(0);
      answer(200);
    }
    expect(bucket.waitMs()).toBeGreaterThan(2_000);
    expect(bucket.waitMs()).toBeLessThan(2_500);
  });

  test('never more than 5 calls in 2 s, nor 30 in 60 s, whenever they are asked for', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 60, maxLength: 120 });
    fc.assert(
      fc.property(pauses, (gaps) => {
        const fresh = new Bucket(clock, shared);
        const times: number[] = [];
        for (const gap of gaps) {
          clock.advance(gap / 1000);
          clock.advance(fresh.waitMs() / 1000);
          expect(fresh.waitMs()).toBeLessThan(0.001);
          fresh.called();
          fresh.answered({ status: 200, headers: {}, body: '' });
          times.push(clock.monotonic());
        }
        for (const [count, ms] of [
          [5, 2_000],
          [30, 60_000],
        ] as const) {
          const tooFast = times.filter(
            (at, index) => (times[index + count] ?? Infinity) - at <= ms,
          );
          expect(tooFast).toEqual([]);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('calls of before a restart count', () => {
    const ages = Array.from({ length: 30 }, (_, index) => index * 1_000);
    expect(new Bucket(clock, shared, ages).waitMs()).toBeGreaterThan(31_000);
    expect(new Bucket(clock, shared, ages.slice(0, 4)).waitMs()).toBe(0);
  });

  test('a clock that was set back makes it wait, but no longer than the windows', () => {
    const waitMs = new Bucket(clock, shared, Array<number>(30).fill(-86_400_000)).waitMs();
    expect(waitMs).toBeGreaterThan(60_000);
    expect(waitMs).toBeLessThan(62_000);
  });
});

describe('what answers say', () => {
  test('nothing remains: it waits for the reset', () => {
    answer(200, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '7.5' });
    expect(bucket.waitMs()).toBe(7_500);
  });

  test('a limit of its own holds back this webhook only', () => {
    expect(answer(429, RATE, { retry_after: 3.5, global: false })).toBe(3_750);
    expect(bucket.waitMs()).toBe(3_750);
    expect(shared.waitMs()).toBe(0);
  });

  test('a global limit holds back all', () => {
    answer(429, { 'x-ratelimit-global': 'true' }, { retry_after: 2, global: true });
    expect(shared.waitMs()).toBe(2_250);
    expect(new Bucket(clock, shared).waitMs()).toBe(2_250);
  });

  test.each([
    ['without a body', RATE, 'no JSON'],
    ['without a time', RATE, {}],
    ['with nonsense', { 'x-ratelimit-scope': '?', 'retry-after': 'soon' }, { retry_after: 'x' }],
  ])('a 429 %s makes it wait all the same', (_, headers, body) => {
    expect(answer(429, headers, body)).toBeGreaterThanOrEqual(5_000);
    expect(bucket.waitMs()).toBeGreaterThanOrEqual(5_000);
  });
});

describe('a ban', () => {
  const banned = (): number | undefined => {
    bucket.called();
    return bucket.answered({ status: 429, headers: {}, body: '<html>1015</html>' });
  };

  test('is a 429 without headers; each probe that meets it doubles the wait, up to half an hour', () => {
    const waits = Array.from({ length: 8 }, () => {
      const ms = banned() ?? 0;
      clock.advance(ms / 1000);
      return ms / 60_000;
    });
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  test('while one call probes, no other goes', () => {
    const other = new Bucket(clock, shared);
    banned();
    expect(other.waitMs()).toBe(60_000);
    clock.advance(60);
    expect(other.waitMs()).toBe(0);
    bucket.called();
    expect(other.waitMs()).toBeGreaterThan(0);
    bucket.answered({ status: 200, headers: {}, body: '' });
    expect(other.waitMs()).toBe(0);
  });

  test('a probe without an answer says nothing: the next one is a minute later', () => {
    banned();
    clock.advance(60);
    bucket.called();
    bucket.unanswered();
    expect(new Bucket(clock, shared).waitMs()).toBe(60_000);
  });

  test('it is not risked: after 8,000 invalid answers in ten minutes all calls wait', () => {
    for (let count = 0; count < 7_999; count++) shared.invalid();
    expect(shared.waitMs()).toBe(0);
    clock.advance(300);
    answer(403);
    expect(shared.waitMs()).toBeGreaterThan(299_000);
    clock.advance(311);
    expect(shared.waitMs()).toBe(0);
  });

  test('shared limits are nobody’s fault and do not count', () => {
    for (let count = 0; count < 7_999; count++) shared.invalid();
    answer(429, { 'x-ratelimit-scope': 'shared' }, { retry_after: 1, global: false });
    expect(shared.waitMs()).toBe(0);
  });
});
