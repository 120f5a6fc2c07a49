import fc from 'fast-check';
import { parseWebhook, WebhookRefused } from '../../../services/alert-router/src/alerts/webhook';
import type { Alert } from '../../../services/alert-router/src/model';
import { alertOf, resolved } from './support';
import { webhookBody } from './client';

const parse = (body: unknown): ReturnType<typeof parseWebhook> =>
  parseWebhook(JSON.stringify(body));
const parseOne = (alert: unknown): Alert => {
  const [one] = parse({ version: '4', alerts: [alert] }).alerts;
  if (!one) throw new Error('no alert');
  return one;
};

test('a body of Alertmanager is its alerts', () => {
  const alerts = [alertOf('a'), resolved(alertOf('b'))];
  const body = webhookBody(alerts, { truncatedAlerts: 3, notification_reason: 'unknown' });
  const parsed = parse(body);
  expect(parsed).toMatchObject({ groupKey: '{}:{alertname="A"}', truncatedAlerts: 3, alerts });
  expect(parsed.alerts[0]).not.toHaveProperty('endsAt');
});

test('nanoseconds and offsets are times', () => {
  const { startsAt } = parseOne({ labels: {}, startsAt: '2026-06-01T14:00:00.123456789+02:00' });
  expect(new Date(startsAt).toISOString()).toBe('2026-06-01T12:00:00.123Z');
});

test.each([
  ['no JSON', '{"version"'],
  ['no object', '[]'],
  ['nothing', ''],
  ['no version', '{"alerts":[]}'],
  ['another version', '{"version":"5","alerts":[]}'],
  ['no list of alerts', '{"version":"4","alerts":{}}'],
])('%s is refused', (_what, text) => {
  expect(() => parseWebhook(text)).toThrow(WebhookRefused);
});

test('labels may have any name', () => {
  const text = '{"labels":{"__proto__":"p","constructor":"c","toString":"t","größe":"g"}}';
  const alert = parseWebhook(`{"version":"4","alerts":[${text}]}`).alerts[0];
  expect(Object.keys(alert?.labels ?? {})).toEqual([
    '__proto__',
    'constructor',
    'toString',
    'größe',
  ]);
  expect(Object.getPrototypeOf(alert?.labels)).toBeNull();
});

test('a value of a megabyte is cut, half a character is none', () => {
  const { labels, annotations } = parseOne({
    labels: { big: 'x'.repeat(2 ** 20), half: 'a\ud83d' },
    annotations: { edge: `${'x'.repeat(16 * 1024 - 2)}😀😀` },
  });
  expect(labels.big).toHaveLength(16 * 1024);
  expect(labels.big?.endsWith('x…')).toBe(true);
  expect(labels.half).toBe('a\ufffd');
  expect(annotations.edge?.isWellFormed()).toBe(true);
});

test('what is missing has a default: the same fingerprint for the same labels', () => {
  const one = parseOne({ labels: { a: '1', b: '2' } });
  const same = parseOne({ labels: { b: '2', a: '1' }, status: 'resolved' });
  expect(one).toMatchObject({ status: 'firing', startsAt: 0, annotations: {} });
  expect(same).toMatchObject({ status: 'resolved', fingerprint: one.fingerprint });
  expect(parseOne({ labels: { a: '2' } }).fingerprint).not.toBe(one.fingerprint);
});

test('an alert that cannot be read is told as such, and sinks no other', () => {
  const { alerts } = parse({
    version: '4',
    alerts: [null, { labels: 'x' }, { labels: { n: 1 } }, 7],
  });
  expect(alerts.map(({ labels }) => labels.alertname ?? labels.n)).toEqual([
    'UnreadableAlert',
    'UnreadableAlert',
    '1',
    'UnreadableAlert',
  ]);
  expect(new Set(alerts.map(({ fingerprint }) => fingerprint)).size).toBe(4);
  expect(alerts[1]?.annotations.description).toBe('{"labels":"x"}');
});

test('nesting without end is no way to crash', () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  const { alerts } = parseWebhook(`{"version":"4","alerts":[${deep},{"labels":{"a":${deep}}}]}`);
  expect(alerts).toHaveLength(2);
});

test('any JSON with version 4 and alerts is alerts that are well-formed', () => {
  const anything = fc.jsonValue({ maxDepth: 4 });
  const alertLike = fc.record(
    {
      status: anything,
      labels: fc.oneof(
        anything,
        fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })),
      ),
      annotations: anything,
      startsAt: anything,
      endsAt: anything,
      fingerprint: anything,
      generatorURL: anything,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(anything, alertLike)), anything, (alerts, extra) => {
      const body = { groupKey: extra, truncatedAlerts: extra, version: '4', alerts };
      const parsed = parse(body);
      expect(parsed.alerts).toHaveLength(alerts.length);
      for (const alert of parsed.alerts) {
        expect(alert.fingerprint).not.toBe('');
        expect(Number.isFinite(alert.startsAt)).toBe(true);
        expect(JSON.stringify(alert)).not.toMatch(/[^\\](?:\\\\)*\\ud[89a-f]/);
      }
    }),
  );
});
