import { setTimeout as delay } from 'node:timers/promises';
import { HttpReceiver } from './http-receiver';
import { Rig, someAlerts, until } from './rig';
import { alertOf, resolved } from '../support';

let receiver: HttpReceiver;
let rig: Rig;
beforeEach(async () => {
  receiver = new HttpReceiver();
  await receiver.listen();
  rig = new Rig();
  rig.use(
    { general: { kind: 'discord', origins: [receiver.origin] } },
    { general: `${receiver.origin}/api/webhooks/1/token` },
  );
});
afterEach(async () => {
  await rig.close();
  await receiver.close();
});

/** Refuses every message that contains the word in one of its members. */
function refuse(word: string, members: readonly ('embeds' | 'content')[]): void {
  receiver.answer = ({ body }) => {
    const payload = JSON.parse(body) as Record<string, unknown>;
    const isRefused = members.some((member) =>
      JSON.stringify(payload[member] ?? '').includes(word),
    );
    if (!isRefused) return { status: 200, body: '{"id":"1"}' };
    return { status: 400, body: '{"message":"Invalid Form Body","code":50035}' };
  };
}

test.each([220001, 40067])(
  'a 400 with code %i is about the channel: nothing is buried, it is not called again',
  async (code) => {
    const message = 'Webhooks posted to forum channels must have a thread_name or thread_id';
    receiver.answer = () => ({ status: 400, body: JSON.stringify({ message, code }) });
    await rig.accept(someAlerts(3));
    await until(() => rig.dispatcher.statuses()[0]?.state === 'unhealthy');
    expect(rig.dispatcher.statuses()[0]?.reason).toContain(`Discord answered 400 (${code}): Web`);
    expect(receiver.calls).toHaveLength(1);
    expect(rig.count('general', 'pending')).toBe(3);
  },
);

test('a reason is one short line, whatever the answer holds', async () => {
  const message = `\u001b[31mno\r\n\u202e${'!'.repeat(10_000)}`;
  receiver.answer = () => ({ status: 404, body: JSON.stringify({ message, code: 1 }) });
  await rig.accept(someAlerts(1));
  await until(() => rig.dispatcher.statuses()[0]?.state === 'unhealthy');
  const { reason = '' } = rig.dispatcher.statuses()[0] ?? {};
  expect(reason).toMatch(/^Discord answered 404 \(1\): \[31mno !+…$/);
  expect(reason.length).toBeLessThan(160);
});

const poisoned = [...someAlerts(6), alertOf('Poison'), ...someAlerts(3)];

test('one that Discord refuses in a batch of ten is told as plain text, the others as they are', async () => {
  refuse('Poison', ['embeds']);
  await rig.accept(poisoned);
  await rig.settled('general');
  expect(rig.count('general', 'delivered')).toBe(10);
  const plain = receiver.calls.filter(({ body }) => body.includes('"content"'));
  expect(plain).toHaveLength(1);
  expect(plain[0]?.body).toContain('Poison');
});

test('one that it refuses even so is buried with the reason, and only that one', async () => {
  refuse('Poison', ['embeds', 'content']);
  await rig.accept(poisoned);
  await rig.settled('general');
  expect(rig.count('general', 'delivered')).toBe(9);
  expect(rig.store.deadLetters(10)).toMatchObject([
    {
      alert: { labels: { alertname: 'Poison' } },
      reason: 'Discord answered 400 (50035): Invalid Form Body',
    },
  ]);
});

test('what it refuses does not come before what it is about: order is kept around it', async () => {
  refuse('Poison', ['embeds', 'content']);
  const alerts = poisoned.slice(0, 4);
  const ends = alerts.map(resolved);
  await rig.accept([...alerts, alertOf('Poison')]);
  await rig.settled('general');
  await rig.accept([...ends, resolved(alertOf('Poison'))]);
  await rig.settled('general');
  for (const { labels } of alerts) {
    const told = receiver.calls
      .filter(({ body }) => body.includes(labels['alertname'] ?? '') && !body.includes('Poison'))
      .map(({ body }) => (body.includes('Resolved') ? 'resolved' : 'firing'));
    expect(told).toEqual(['firing', 'resolved']);
  }
});

test('two tests of the same labels are told apart, though they are the same alert', async () => {
  refuse('Poison', ['embeds', 'content']);
  await rig.accept([alertOf('Poison'), alertOf('Poison')], { kind: 'test' });
  await rig.settled('general');
  expect(rig.count('general', 'dead')).toBe(2);
});

test('trouble in the middle of the halves loses nothing', async () => {
  let calls = 0;
  refuse('Poison', ['embeds', 'content']);
  const { answer } = receiver;
  receiver.answer = (call) => (++calls % 3 === 0 ? { status: 502 } : answer(call));
  await rig.accept(poisoned);
  await rig.settled('general');
  expect(rig.count('general', 'delivered')).toBe(9);
  expect(rig.count('general', 'dead')).toBe(1);
});

test.each([302, 500, 503])('an answer of %i is tried again', async (status) => {
  let calls = 0;
  receiver.answer = () =>
    ++calls < 3
      ? { status, headers: { Location: `${receiver.origin}/elsewhere` } }
      : { status: 204 };
  await rig.accept(someAlerts(1));
  await rig.settled('general');
  expect(calls).toBe(3);
  expect(rig.count('general', 'delivered')).toBe(1);
});

test.each([401, 403, 404])('after an answer of %i it is not called again', async (status) => {
  receiver.answer = () => ({ status });
  await rig.accept(someAlerts(1));
  await until(() => rig.dispatcher.statuses()[0]?.state === 'unhealthy');
  await rig.accept(someAlerts(1));
  await delay(50);
  expect(receiver.calls).toHaveLength(1);
});
