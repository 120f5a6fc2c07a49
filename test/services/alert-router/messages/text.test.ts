import fc from 'fast-check';
import {
  code,
  markdown,
  maskedLink,
} from '../../../../services/alert-router/src/messages/markdown';
import { clean, clip } from '../../../../services/alert-router/src/messages/text';
import { duration, isoTime } from '../../../../services/alert-router/src/messages/time';

const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);
const isWellFormed = (text: string): boolean => !/\p{Cs}/u.test(text);

test('clean text is one line, well-formed and visible', () => {
  fc.assert(
    fc.property(anything, (text) => {
      const cleaned = clean(text);
      expect(cleaned).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]| {2}|^ | $/u);
    }),
  );
  expect(clean(' a\r\n\tb\u202E\u200Bc\uD800 ')).toBe('a bc\uFFFD');
});

test('clipped text keeps its length and its surrogate pairs', () => {
  fc.assert(
    fc.property(anything, fc.nat(20), (text, max) => {
      const clipped = clip(clean(text), max);
      expect(clipped.length).toBeLessThanOrEqual(max);
      expect(isWellFormed(clipped)).toBe(true);
    }),
  );
  expect(clip('exact', 5)).toBe('exact');
  expect(clip('longer', 5)).toBe('long…');
  expect(clip('a😀b', 3)).toBe('a…');
});

test('escaped text keeps its length, and no escape is cut', () => {
  fc.assert(
    fc.property(anything, fc.integer({ min: 4, max: 30 }), (text, max) => {
      for (const written of [markdown(clean(text), max), code(clean(text), max)]) {
        expect(written.length).toBeLessThanOrEqual(max);
        expect(isWellFormed(written)).toBe(true);
      }
      expect(markdown(clean(text), max)).not.toMatch(/(?<!\\)(?:\\\\)*\\$/);
    }),
  );
});

test.each([
  ['*bold* _it_ ~~no~~ ||spoiler||', '\\*bold\\* \\_it\\_ \\~\\~no\\~\\~ \\|\\|spoiler\\|\\|'],
  ['# heading', '\\# heading'],
  ['node-exporter > 1', 'node-exporter > 1'],
  ['[a](https://b)', '\\[a\\](https://b)'],
  ['<@1>', '\\<@1>'],
  ['@everyone', '@\u200Beveryone'],
  ['ops@example.com', 'ops@example.com'],
])('%s stands for itself', (text, written) => {
  expect(markdown(text, 200)).toBe(written);
});

test('nothing ends a code span or a link but us', () => {
  expect(code('a`b`', 20)).toBe("`a'b'`");
  expect(maskedLink({ label: 'Runbook', url: 'https://a/(b)' })).toBe(
    '[Runbook](https://a/%28b%29)',
  );
});

test.each([
  [0, '0 s'],
  [NaN, '0 s'],
  [-5_000, '0 s'],
  [42_000, '42 s'],
  [60_000, '1 min'],
  [61_000, '1 min 1 s'],
  [3_600_000, '1 h'],
  [3_605_000, '1 h'],
  [7_800_000, '2 h 10 min'],
  [273_600_000, '3 d 4 h'],
])('%d ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [Date.UTC(2026, 5, 1, 12), '2026-06-01T12:00:00Z'],
  [NaN, 'an unknown time'],
  [-1, 'an unknown time'],
  [8.64e15, 'an unknown time'],
])('%d is written as %s', (ms, text) => {
  expect(isoTime(ms)).toBe(text);
});
