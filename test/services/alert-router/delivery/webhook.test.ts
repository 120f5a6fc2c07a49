import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { alertOf, resolved } from '../support';
import { HttpReceiver, type ReceivedCall } from './http-receiver';
import { Rig, someAlerts, until } from './rig';

const KEY = 'a-key-of-enough-characters';

interface Body {
  readonly version: string;
  readonly deliveries: {
    readonly id: number;
    readonly kind: string;
    readonly alert: Record<string, unknown>;
  }[];
}

let receiver: HttpReceiver;
let rig: Rig;
beforeEach(async () => {
  receiver = new HttpReceiver();
  await receiver.listen();
  rig = new Rig();
  rig.use({ hook: { kind: 'webhook' } }, { hook: `${receiver.origin}/alerts?token=1\n${KEY}\n` });
});
afterEach(async () => {
  await rig.close();
  await receiver.close();
});

const bodyOf = ({ body }: ReceivedCall): Body => JSON.parse(body) as Body;
const told = (): string[] =>
  receiver.calls.flatMap((call) =>
    bodyOf(call).deliveries.map(({ kind, alert }) => `${kind} ${String(alert['fingerprint'])}`),
  );

test('every change is told, in order, signed', async () => {
  const alert = alertOf('InstanceDown');
  await rig.accept([alert]);
  await rig.settled('hook');
  await rig.accept([resolved(alert)]);
  await rig.settled('hook');
  expect(told()).toEqual(['firing fp-InstanceDown', 'resolved fp-InstanceDown']);
  const [call] = receiver.calls;
  const [, seconds, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(
    String(call?.headers['vigil-signature']),
  ) ?? ['', '', ''];
  const expected = createHmac('sha256', KEY).update(`${seconds}.${call?.body}`).digest('hex');
  expect(hex).toBe(expected);
  expect(Number(seconds) * 1000).toBeGreaterThanOrEqual(Date.parse('2026-06-01T12:00:00Z'));
  expect(call && bodyOf(call)).toMatchObject({
    version: '1',
    deliveries: [{ alert: { startsAt: '2026-06-01T11:59:00.000Z', status: 'firing' } }],
  });
});

test('at most 100 at a time, over one connection', async () => {
  await rig.accept(someAlerts(250));
  await rig.settled('hook');
  expect(receiver.calls.map((call) => bodyOf(call).deliveries.length)).toEqual([100, 100, 50]);
  expect(receiver.connections).toBe(1);
});

test('a repetition has the key of the first', async () => {
  let calls = 0;
  receiver.answer = () => ({ status: ++calls === 1 ? 500 : 200 });
  await rig.accept(someAlerts(1));
  await rig.settled('hook');
  await rig.accept(someAlerts(1));
  await rig.settled('hook');
  const keys = receiver.calls.map(({ headers }) => headers['idempotency-key']);
  expect(keys[0]).toBe(keys[1]);
  expect(keys[2]).not.toBe(keys[0]);
});

test.each([408, 425, 500, 502, 503, 301])('an answer of %i is tried again', async (status) => {
  let calls = 0;
  receiver.answer = () => ({ status: ++calls < 3 ? status : 200 });
  await rig.accept(someAlerts(1));
  await rig.settled('hook');
  expect(rig.count('hook', 'delivered')).toBe(1);
});

test.each([
  ['120', 120_000],
  ['Mon, 01 Jun 2026 12:10:00 GMT', 600_000],
  ['soon', 5_000],
])('429 with Retry-After "%s" is waited for', async (header, ms) => {
  const times: number[] = [];
  receiver.answer = () => {
    times.push(rig.clock.monotonic());
    return times.length > 1 ? { status: 200 } : { status: 429, headers: { 'Retry-After': header } };
  };
  await rig.accept(someAlerts(1));
  await rig.settled('hook');
  const [first = 0, second = 0] = times;
  expect(second - first).toBeGreaterThanOrEqual(ms - 1_000);
  expect(second - first).toBeLessThanOrEqual(ms + 1_000);
  expect(rig.store.lastDeliveries(1)).toMatchObject([{ attempts: 0 }]);
});

test.each([401, 403, 404, 410])('after an answer of %i it is not called again', async (status) => {
  receiver.answer = () => ({ status });
  await rig.accept(someAlerts(1));
  await until(() => rig.dispatcher.statuses()[0]?.state === 'unhealthy');
  await rig.accept(someAlerts(1));
  await delay(50);
  expect(receiver.calls).toHaveLength(1);
});

test('of a batch that is refused only the one that is not wanted is buried', async () => {
  receiver.answer = ({ body }) => ({ status: body.includes('Poison') ? 422 : 200 });
  await rig.accept([...someAlerts(5), alertOf('Poison'), ...someAlerts(5)]);
  await rig.settled('hook');
  expect(rig.count('hook', 'delivered')).toBe(10);
  expect(rig.store.deadLetters(5)).toMatchObject([{ reason: 'the receiver answered 422' }]);
});

test.each([
  ['one line', 'https://hook.example/secret', /two lines/],
  ['a short key', 'https://hook.example/\nsecret', /at least 16/],
  ['plain HTTP to elsewhere', `http://hook.example/secret\n${KEY}`, /https/],
  ['no URL', `secret\n${KEY}`, /no URL/],
  ['a password', `https://u:secret@hook.example/\n${KEY}`, /no user and password/],
])('a credential of %s parks it, and is not repeated', (_, credential, reason) => {
  rig.use({ hook: { kind: 'webhook' } }, { hook: credential });
  const [status] = rig.dispatcher.statuses();
  expect(status).toMatchObject({
    state: 'parked',
    reason: expect.stringMatching(reason) as string,
  });
  expect(status?.reason).not.toContain('secret');
});
