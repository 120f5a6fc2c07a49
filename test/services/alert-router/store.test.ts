import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import type { Alert, Delivery } from '../../../services/alert-router/src/model';
import { StoreRefused, StoreUnavailable } from '../../../services/alert-router/src/store/errors';
import { Held } from '../../../services/alert-router/src/store/held';
import { Store, type StoreOptions } from '../../../services/alert-router/src/store/store';
import { whatToTell } from '../../../services/alert-router/src/store/told';
import { systemClock } from '../../../services/shared/clock';
import { TestClock } from '../../support/test-clock';
import { alertOf, resolved, storeOptions } from './support';

const HOUR_MS = 3_600_000;
const REMINDER_MS = 4 * HOUR_MS;

let options: StoreOptions;
let clock: TestClock;
let store: Store;
beforeEach(() => {
  clock = new TestClock();
  options = storeOptions({ clock });
  store = new Store(options);
});
afterEach(async () => {
  expect(store.discrepancies()).toEqual([]);
  await store.close();
});

/** A wait that ends with its signal. */
const forever = (_ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal?.addEventListener('abort', () => resolve()));
const accept = (alert: Alert, destinations = ['general']): ReturnType<Store['accept']> =>
  store.accept([{ destinations, groupKey: 'group', alert }], REMINDER_MS);
const kindsOf = (deliveries: readonly Delivery[]): string[] => deliveries.map(({ kind }) => kind);
const deliver = async (destination = 'general'): Promise<void> => {
  await store.delivered({ delivered: store.pending(destination, 1000), coalesced: [] });
};
const reopen = async (changes: Partial<StoreOptions> = {}): Promise<void> => {
  await store.close();
  store = new Store({ ...options, ...changes });
};

describe('what is told', () => {
  const now = Date.parse('2026-06-01T12:00:00Z');
  const firing = alertOf('a');
  const startsAt = (minutes: number): Alert => ({
    ...firing,
    startsAt: firing.startsAt + minutes * 60_000,
  });
  const told = (status: Alert['status'], hoursAgo = 0): Parameters<typeof whatToTell>[0] => ({
    status,
    startsAt: firing.startsAt,
    toldAt: now - hoursAgo * HOUR_MS,
  });

  test.each([
    ['a new alert', undefined, firing, 'firing'],
    ['an end of which the beginning is unknown', undefined, resolved(firing), 'resolved'],
    ['the same again', told('firing'), firing, undefined],
    ['the same, seen later by a twin', told('firing'), startsAt(4), undefined],
    ['the same, seen earlier by a twin', told('firing'), startsAt(-60), undefined],
    ['another incident, of whose end nothing was heard', told('firing'), startsAt(6), 'firing'],
    ['the same after the time of a reminder', told('firing', 4), firing, 'reminder'],
    ['its end', told('firing'), resolved(firing), 'resolved'],
    ['the end of an earlier incident', told('firing'), resolved(startsAt(-9)), undefined],
    ['its end again', told('resolved'), resolved(firing), undefined],
    ['the end of a whole other incident', told('resolved'), resolved(startsAt(30)), 'resolved'],
    ['the same after its end', told('resolved'), firing, 'firing'],
  ] as const)('%s', (_what, before, alert, kind) => {
    expect(whatToTell(before, alert, now, REMINDER_MS)).toBe(kind);
  });
});

test('an alert is one delivery for each destination, as it came', async () => {
  const labels = Object.assign(Object.create(null) as Record<string, string>, {
    alertname: 'A',
    ['__proto__']: 'p',
    constructor: 'c',
  });
  const alert = alertOf('a', { labels, annotations: { summary: '😀' }, generatorURL: 'x:' });
  const { created, unchanged } = await accept(alert, ['general', 'mail']);
  expect(unchanged).toBe(0);
  expect(created.map(({ destination, kind }) => [destination, kind])).toEqual([
    ['general', 'firing'],
    ['mail', 'firing'],
  ]);
  const [delivery] = store.pending('general', 10);
  expect(delivery).toMatchObject({
    id: created[0]?.id,
    groupKey: 'group',
    acceptedAt: clock.now().getTime(),
    attempts: 0,
    reconciled: false,
  });
  expect(delivery?.alert.labels).toEqual(labels);
  expect(Object.keys(delivery?.alert.labels ?? {})).toContain('__proto__');
  expect(delivery?.alert).toMatchObject({ ...alert, labels: expect.anything() as unknown });
});

test('the state of each destination and the ledger survive a restart', async () => {
  await accept(alertOf('a'), ['general', 'mail']);
  await deliver();
  await reopen();
  expect(store.totals().get('general')).toMatchObject({ accepted: 1, delivered: 1, pending: 0 });
  expect(store.totals().get('mail')).toMatchObject({ accepted: 1, delivered: 0, pending: 1 });
  expect(await accept(alertOf('a'), ['general', 'mail'])).toEqual({ created: [], unchanged: 1 });
  await accept(resolved(alertOf('a')));
  expect(kindsOf(store.pending('general', 10))).toEqual(['resolved']);
});

test('deliveries are numbered upwards, also after the database was lost', async () => {
  const first = (await accept(alertOf('a'))).created[0]?.id ?? 0;
  const second = (await accept(alertOf('b'))).created[0]?.id ?? 0;
  expect(second).toBeGreaterThan(first);
  clock.advance(60);
  await store.close();
  writeFileSync(options.file, 'no database'.repeat(1000));
  store = new Store(options);
  expect((await accept(alertOf('a'))).created[0]?.id).toBeGreaterThan(second);
});

test('what is accepted in one turn shares a commit, and one that fails does not sink the others', async () => {
  const broken = { ...alertOf('broken'), startsAt: undefined as unknown as number };
  const results = await Promise.allSettled([
    accept(alertOf('a')),
    accept(broken),
    accept(alertOf('b')),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(store.pending('general', 10).map(({ alert }) => alert.fingerprint)).toEqual([
    'fp-a',
    'fp-b',
  ]);
  await accept(alertOf('broken'));
  expect(store.pending('general', 10)).toHaveLength(3);
});

test('a test and a notice are told always, and remembered never', async () => {
  const alert = alertOf('a');
  const notice = { destinations: ['general'], groupKey: 'g', alert, kind: 'notice' as const };
  await store.accept([notice, notice, { ...notice, kind: 'test' }], REMINDER_MS);
  await accept(alert);
  expect(kindsOf(store.pending('general', 10))).toEqual(['notice', 'notice', 'test', 'firing']);
  expect(store.firing().map((one) => one.alert.fingerprint)).toEqual(['fp-a']);
});

test('alerts that fire are known with their content until their end', async () => {
  await accept(alertOf('a'), ['general', 'mail']);
  await accept(alertOf('b'));
  await accept(resolved(alertOf('a')), ['general', 'mail']);
  expect(store.firing()).toEqual([{ groupKey: 'group', alert: alertOf('b') }]);
});

test('a scrape tells those that fire apart, up to 1,000 of them', async () => {
  const alerts = Array.from({ length: 1001 }, (_, index) => alertOf(`a${index}`));
  const accepted = (some: readonly Alert[]) =>
    store.accept(
      some.map((alert) => ({ destinations: ['general', 'mail'], groupKey: 'group', alert })),
      REMINDER_MS,
    );
  await accepted(alerts.slice(0, 1000));
  expect(store.readings().firing).toHaveLength(1000);
  await accepted(alerts.slice(1000));
  expect(store.readings().firing).toEqual([]);
  await accepted(alerts.slice(1).map(resolved));
  expect(store.readings().firing).toEqual([alerts[0]?.labels]);
});

test('delivered, coalesced and dead ones are told apart, and dead ones can be tried again', async () => {
  for (const name of ['a', 'b', 'c']) await accept(alertOf(name));
  const [a, b, c] = store.pending('general', 10) as [Delivery, Delivery, Delivery];
  await store.attempted([c], 'HTTP 500');
  expect(store.pending('general', 10)[2]?.attempts).toBe(1);
  await store.delivered({ delivered: [a], coalesced: [b] }, 'm-1');
  await store.bury([c], 'HTTP 400');
  expect(
    store.lastDeliveries(10).map(({ id, state, messageId }) => [id, state, messageId]),
  ).toEqual([
    [b.id, 'coalesced', 'm-1'],
    [a.id, 'delivered', 'm-1'],
  ]);
  expect(store.deadLetters(10)).toMatchObject([{ id: c.id, state: 'dead', reason: 'HTTP 400' }]);
  const ledger = { accepted: 3, delivered: 1, coalesced: 1, dead: 1, expired: 0, pending: 0 };
  expect(store.totals().get('general')).toEqual(ledger);
  const again = { destinations: ['general'], outdated: 0, unknown: [] };
  expect(await store.retry([a.id, c.id, 99])).toEqual(again);
  expect(store.totals().get('general')).toEqual({ ...ledger, dead: 0, pending: 1 });
  expect(store.pending('general', 10)).toMatchObject([{ id: c.id, attempts: 0 }]);
  await store.bury([c], 'HTTP 400');
  expect(await store.retry('all')).toEqual(again);
});

test('a dead letter of an alert that was told of since is not sent again', async () => {
  await accept(alertOf('a'));
  const [firing] = store.pending('general', 1) as [Delivery];
  await store.bury([firing], 'HTTP 400');
  await accept(resolved(alertOf('a')));
  await store.delivered({ delivered: store.pending('general', 1), coalesced: [] });
  expect(await store.retry('all')).toEqual({ destinations: [], outdated: 1, unknown: [] });
  expect(store.pending('general', 10)).toEqual([]);
  expect(store.totals().get('general')).toMatchObject({ delivered: 1, coalesced: 1, dead: 0 });
  expect(store.discrepancies()).toEqual([]);
});

test('a delivery is settled once', async () => {
  await accept(alertOf('a'));
  const [one] = store.pending('general', 1) as [Delivery];
  await store.delivered({ delivered: [one], coalesced: [] });
  await store.bury([one], 'too late');
  expect(store.totals().get('general')).toMatchObject({ delivered: 1, dead: 0 });
});

describe('a retry', () => {
  const later = alertOf('a', { startsAt: alertOf('a').startsAt + HOUR_MS });
  /** Accepts them one by one; each is given up. */
  const giveUp = async (...alerts: Alert[]): Promise<void> => {
    for (const alert of alerts) {
      await accept(alert);
      await store.bury(store.pending('general', 10), 'HTTP 400');
    }
  };

  test.each([
    ['an alert that fires', [alertOf('a')], ['firing'], 0],
    ['one whose end was not told either', [alertOf('a'), resolved(alertOf('a'))], ['resolved'], 1],
    [
      'one that ended and fires again',
      [alertOf('a'), resolved(alertOf('a')), later],
      ['firing'],
      2,
    ],
    ['an incident after another', [alertOf('a'), later], ['firing'], 1],
  ])('of %s sends what is still so', async (_what, alerts, kinds, outdated) => {
    await giveUp(...alerts);
    expect(await store.retry('all')).toEqual({ destinations: ['general'], outdated, unknown: [] });
    expect(kindsOf(store.pending('general', 10))).toEqual(kinds);
    expect(store.pending('general', 10)[0]?.alert.startsAt).toBe(alerts.at(-1)?.startsAt);
    expect(store.totals().get('general')).toMatchObject({ coalesced: outdated, dead: 0 });
  });

  test('sends no alert that ended so long ago that its end is forgotten', async () => {
    await giveUp(alertOf('a'));
    await accept(resolved(alertOf('a')));
    await deliver();
    clock.advance(25 * 3600);
    await store.sweep([]);
    expect(await store.retry('all')).toEqual({ destinations: [], outdated: 1, unknown: [] });
  });

  test('of a test sends it in any case', async () => {
    const alert = alertOf('a');
    await store.accept([{ destinations: ['general'], groupKey: 'g', alert, kind: 'test' }], 0);
    await store.bury(store.pending('general', 10), 'HTTP 400');
    expect(await store.retry('all')).toMatchObject({ destinations: ['general'], outdated: 0 });
  });

  test('of more than a transaction holds takes them all', async () => {
    const entries = Array.from({ length: 1_201 }, (_, index) => ({
      destinations: ['general'],
      groupKey: 'g',
      alert: alertOf(`a${index}`),
    }));
    const { created } = await store.accept(entries, REMINDER_MS);
    await store.bury(store.pending('general', 2_000), 'HTTP 400');
    await store.retry(created.slice(0, 600).map(({ id }) => id));
    expect(store.totals().get('general')).toMatchObject({ pending: 600, dead: 601 });
    await store.retry('all');
    expect(store.totals().get('general')).toMatchObject({ pending: 1_201, dead: 0 });
  });
});

describe('a destination that the configuration no longer has', () => {
  test('what waits for it is given up, is said for a day, and waits again once it is back', async () => {
    await accept(alertOf('a'), ['general', 'mail']);
    await accept(alertOf('b'), ['general', 'mail']);
    await store.configure(['general']);
    expect(store.pending('mail', 10)).toEqual([]);
    expect(store.pending('general', 10)).toHaveLength(2);
    expect(store.deadLetters(1)).toMatchObject([{ state: 'dead', reason: 'no longer configured' }]);
    const since = clock.now().getTime();
    expect(store.orphans(since)).toEqual(new Map([['mail', 2]]));
    expect(store.orphans(since + 1)).toEqual(new Map());
    const nothing = { destinations: [], outdated: 0, unknown: ['mail'] };
    expect(await store.retry('all')).toEqual(nothing);
    expect(store.totals().get('mail')).toMatchObject({ accepted: 2, dead: 2, coalesced: 0 });
    await store.configure(['general', 'mail']);
    expect(store.orphans(0)).toEqual(new Map());
    expect(await store.retry('all')).toMatchObject({ destinations: ['mail'], unknown: [] });
  });

  test('the sweep gives up what came in between', async () => {
    await store.configure(['general']);
    await accept(alertOf('a'), ['mail']);
    expect(store.pending('mail', 10)).toHaveLength(1);
    await store.sweep([]);
    expect(store.pending('mail', 10)).toEqual([]);
    expect(store.totals().get('mail')).toMatchObject({ dead: 1 });
  });

  test('a message that was under way and arrived counts as delivered', async () => {
    await accept(alertOf('a'), ['mail']);
    const delivered = store.pending('mail', 1);
    await store.configure(['general']);
    await store.delivered({ delivered, coalesced: [] });
    expect(store.totals().get('mail')).toMatchObject({ accepted: 1, delivered: 1, dead: 0 });
  });

  test('who alone knew of an alert knows of none: it is compared with Alertmanager again', async () => {
    await accept(alertOf('a'), ['mail']);
    await accept(alertOf('b'), ['general', 'mail']);
    await store.configure(['general']);
    expect(store.firing().map(({ alert }) => alert.fingerprint)).toEqual(['fp-b']);
  });
});

describe('the routes change while an alert fires', () => {
  test('its end is told where its beginning was, and nowhere twice', async () => {
    await accept(alertOf('a'), ['general', 'mail']);
    await deliver();
    await deliver('mail');
    await accept(resolved(alertOf('a')), ['pager']);
    for (const name of ['general', 'mail', 'pager']) {
      expect(kindsOf(store.pending(name, 10))).toEqual(['resolved']);
    }
    expect((await accept(resolved(alertOf('a')), ['pager'])).created).toEqual([]);
  });

  test('its end is forgotten where the configuration has no destination any more', async () => {
    await accept(alertOf('a'), ['general', 'mail']);
    await store.configure(['general']);
    await accept(resolved(alertOf('a')));
    expect(store.totals().get('mail')).toMatchObject({ accepted: 1 });
    await store.configure(['general', 'mail']);
    await reopen();
    expect(store.firing()).toEqual([]);
  });

  test('the end of an earlier incident ends nothing', async () => {
    await accept(alertOf('a'), ['mail']);
    const { startsAt } = alertOf('a');
    await accept(resolved(alertOf('a', { startsAt: startsAt - HOUR_MS })), ['general']);
    expect(kindsOf(store.pending('mail', 10))).toEqual(['firing']);
  });
});

test('the calls of the last minutes survive a restart', async () => {
  await store.calling('general');
  clock.advance(30);
  await store.calling('general');
  await reopen();
  expect(store.callsWithin('general', 60_000)).toHaveLength(2);
  clock.advance(45);
  expect(store.callsWithin('general', 60_000)).toHaveLength(1);
  clock.advance(300);
  await store.sweep([]);
  expect(store.callsWithin('general', HOUR_MS)).toEqual([]);
});

test('words survive a restart', async () => {
  await store.set('heartbeat', '1');
  await store.set('heartbeat', '2');
  await reopen();
  expect([store.get('heartbeat'), store.get('other')]).toEqual(['2', undefined]);
});

describe('the sweep', () => {
  test('ends what waited for a day, as dead letters', async () => {
    await accept(alertOf('old'));
    clock.advance(23 * 3600);
    await accept(alertOf('young'));
    clock.advance(2 * 3600);
    await store.sweep([]);
    expect(store.pending('general', 10)).toMatchObject([{ alert: { fingerprint: 'fp-young' } }]);
    expect(store.deadLetters(10)).toMatchObject([
      { state: 'expired', reason: 'not delivered within 24 hours' },
    ]);
    await store.retry('all');
    await store.sweep([]);
    expect(store.pending('general', 10)).toHaveLength(2);
  });

  test('counts as delivered what expired while its message was under way', async () => {
    await accept(alertOf('a'));
    const delivered = store.pending('general', 1);
    clock.advance(25 * 3600);
    await store.sweep([]);
    await store.delivered({ delivered, coalesced: [] });
    expect(store.totals().get('general')).toMatchObject({ delivered: 1, expired: 0, accepted: 1 });
  });

  test('keeps the newest state of each alert for a destination that cannot be called', async () => {
    const many = Array.from({ length: 5_600 }, (_, index) => alertOf(`a${index}`));
    const entries = (alerts: Alert[]): Parameters<Store['accept']>[0] =>
      alerts.map((alert) => ({ destinations: ['general'], groupKey: 'g', alert }));
    await store.accept(entries(many), REMINDER_MS);
    await store.accept(entries(many.slice(0, 1000).map(resolved)), REMINDER_MS);
    await store.sweep([]);
    expect(store.totals().get('general')).toMatchObject({ pending: 6_600 });
    await store.sweep(['general']);
    expect(store.totals().get('general')).toMatchObject({
      accepted: 6_600,
      coalesced: 1_000,
      expired: 600,
      pending: 5_000,
    });
    expect(
      kindsOf(store.pending('general', 6_000)).filter((kind) => kind === 'resolved'),
    ).toHaveLength(1_000);
  });

  test('keeps the last 500 that were delivered, and every number', async () => {
    const entries = Array.from({ length: 1_700 }, (_, index) => ({
      destinations: ['general'],
      groupKey: 'g',
      alert: alertOf(`a${index}`),
    }));
    const { created } = await store.accept(entries, REMINDER_MS);
    await store.delivered({ delivered: store.pending('general', 2_000), coalesced: [] });
    await store.sweep([]);
    expect(store.lastDeliveries(1_000)).toHaveLength(500);
    expect(store.delivery(created.at(-1)?.id ?? 0)?.state).toBe('delivered');
    expect(store.delivery(created[0]?.id ?? 0)).toBeUndefined();
    expect(store.totals().get('general')).toMatchObject({ delivered: 1_700 });
  });

  test('keeps a dead letter for a week', async () => {
    await accept(alertOf('old'));
    await store.bury(store.pending('general', 1), 'HTTP 400');
    clock.advance(6 * 24 * 3600);
    await accept(alertOf('young'));
    await store.bury(store.pending('general', 1), 'HTTP 400');
    await store.sweep([]);
    expect(store.deadLetters(10)).toHaveLength(2);
    clock.advance(25 * 3600);
    await store.sweep([]);
    expect(store.deadLetters(10)).toMatchObject([{ alert: { fingerprint: 'fp-young' } }]);
    expect(store.totals().get('general')).toMatchObject({ accepted: 2, dead: 2 });
  });

  test('forgets the end of an alert after a day, and no alert that fires', async () => {
    await accept(alertOf('a'));
    await accept(alertOf('b'));
    await accept(resolved(alertOf('a')));
    clock.advance(25 * 3600);
    await store.sweep([]);
    expect((await accept(resolved(alertOf('a')))).created).toHaveLength(1);
    expect(store.firing()).toMatchObject([{ alert: { fingerprint: 'fp-b' } }]);
  });
});

describe('the wall clock is set', () => {
  test.each([86_400, -86_400])('by %d s: nothing expires, reminds or vanishes', async (seconds) => {
    await accept(alertOf('a'));
    await deliver();
    await accept(alertOf('b'));
    await store.calling('general');
    clock.jumpBy(seconds);
    expect((await accept(alertOf('a'))).created).toEqual([]);
    await store.sweep([]);
    expect(store.pending('general', 10)).toMatchObject([
      { alert: { fingerprint: 'fp-b' }, acceptedAt: clock.now().getTime() },
    ]);
    expect(store.callsWithin('general', 60_000)).toHaveLength(1);
    clock.advance(REMINDER_MS / 1000);
    expect((await accept(alertOf('a'))).created).toMatchObject([{ kind: 'reminder' }]);
    await reopen();
    expect((await accept(alertOf('a'))).created).toEqual([]);
  });

  test('forward: nothing is from the future afterwards, and dead letters keep their age', async () => {
    await accept(alertOf('a'));
    await store.bury(store.pending('general', 1), 'HTTP 400');
    const settled = clock.now().getTime();
    clock.advance(60);
    clock.jumpBy(8 * 86_400);
    await store.calling('general');
    await store.sweep([]);
    expect(store.deadLetters(1)).toMatchObject([{ settledAt: settled + 8 * 86_400_000 }]);
    const now = clock.now().getTime();
    clock.advance(100);
    expect(store.callsWithin('general', 60_000)).toEqual([]);
    expect(store.callsWithin('general', 120_000)).toEqual([now]);
    await reopen();
    expect(store.callsWithin('general', 120_000)).toEqual([now]);
  });

  test('forward after a step back that was too small to notice: what waits is not from the future', async () => {
    await accept(alertOf('a'));
    clock.jumpBy(-50);
    await accept(alertOf('b'));
    clock.jumpBy(100);
    await accept(alertOf('c'));
    const now = clock.now().getTime();
    const accepted = store.pending('general', 10).map(({ acceptedAt }) => acceptedAt - now);
    expect(accepted).toEqual([0, 0, 0]);
  });
});

describe('a disk that is full', () => {
  const fill = async (): Promise<number> => {
    for (let index = 0; ; index += 1) {
      const annotations = { description: 'x'.repeat(50_000) };
      try {
        await accept(alertOf(`fill${index}`, { annotations }));
      } catch (error) {
        expect(error).toBeInstanceOf(StoreUnavailable);
        return index;
      }
    }
  };

  test('refuses alerts, delivers those that it has, and then takes them again', async () => {
    await reopen({ maxBytes: 2 * 2 ** 20 });
    const count = await fill();
    expect(count).toBeGreaterThan(10);
    expect(store.writable).toBe(false);
    const pending = store.pending('general', 1000);
    expect(pending).toHaveLength(count);
    await store.calling('general');
    await store.attempted(pending, 'HTTP 500');
    await store.delivered({ delivered: pending, coalesced: [] });
    expect(store.pending('general', 1000)).toEqual([]);
    expect(store.totals().get('general')).toMatchObject({ accepted: count, delivered: count });
    clock.advance(25 * 3600);
    await reopen({ maxBytes: 8 * 2 ** 20 });
    await accept(alertOf('again'));
  });

  test('with dead letters loses the oldest of them, not what is new', async () => {
    await reopen({ maxBytes: 8 * 2 ** 20 });
    const count = await fill();
    await store.bury(store.pending('general', 1000), 'HTTP 400');
    expect(store.writable).toBe(false);
    const newest = store.deadLetters(1)[0]?.id;
    await store.sweep([]);
    expect(store.writable).toBe(true);
    const left = store.deadLetters(1000);
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(count);
    expect(left[0]?.id).toBe(newest);
    expect(store.totals().get('general')).toMatchObject({ accepted: count, dead: count });
    await accept(alertOf('new'));
  });
});

test('a queue of 200,000 takes no more until some are delivered', async () => {
  const one = {
    destinations: ['general'],
    groupKey: 'g',
    alert: alertOf('a'),
    kind: 'test' as const,
  };
  await store.accept(Array<typeof one>(200_000).fill(one), REMINDER_MS);
  await expect(accept(alertOf('b'))).rejects.toThrow(/200000 deliveries are pending/);
  await store.delivered({ delivered: store.pending('general', 1), coalesced: [] });
  await accept(alertOf('b'));
}, 60_000);

describe('what was delivered while the disk takes no writes', () => {
  test('is delivered to nobody again, and written when it can be', async () => {
    const held = new Held(clock);
    let failures = 3;
    let finish = (): void => undefined;
    const written = new Promise<void>((resolve) => (finish = resolve));
    const ids = [7, 8];
    await held.write(ids, () => {
      failures -= 1;
      if (failures >= 0) return Promise.reject(new StoreUnavailable('full'));
      finish();
      return Promise.resolve();
    });
    expect([held.size, held.has(7), held.has(9)]).toEqual([2, true, false]);
    await written;
    await new Promise(setImmediate);
    expect([held.size, held.has(7), failures]).toEqual([0, false, -1]);
  });

  test('is not pending for as long as the process runs', async () => {
    await reopen({ maxBytes: 2 * 2 ** 20, clock: { ...systemClock, sleep: forever } });
    await accept(alertOf('a'));
    await accept(alertOf('b'));
    const [a] = store.pending('general', 1) as [Delivery];
    await store.bury([a], 'x'.repeat(3 * 2 ** 20));
    expect(store.writable).toBe(false);
    expect(store.pending('general', 10)).toMatchObject([{ alert: { fingerprint: 'fp-b' } }]);
    expect(store.totals().get('general')).toMatchObject({ pending: 2, dead: 0 });
    await store.set('any', 'write');
    expect(store.writable).toBe(true);
    await reopen();
    expect(store.pending('general', 10)).toHaveLength(2);
  });
});

describe('a damaged database', () => {
  test('at the start is moved aside, told, and replaced', async () => {
    const copies: string[] = [];
    await store.close();
    writeFileSync(options.file, 'no database'.repeat(1000));
    store = new Store({ ...options, onCorrupt: (copy) => copies.push(copy) });
    await accept(alertOf('a'));
    expect(copies).toHaveLength(1);
    expect(readFileSync(copies[0] ?? '', 'utf8')).toContain('no database');
    expect(store.corruptCopies()).toBe(1);
    expect(store.lastCorruptAt()).toBe(clock.now().getTime());
    expect(store.writable).toBe(true);
  });

  test('while it is used is moved aside as well, and the writer is asked to try again', async () => {
    const alert = alertOf('a', { annotations: { text: 'x'.repeat(16_000) } });
    for (let index = 0; index < 60; index += 1) {
      await accept({ ...alert, fingerprint: `${index}` });
    }
    await store.close();
    const size = readFileSync(options.file).length;
    store = new Store(options);
    const bytes = readFileSync(options.file);
    bytes.fill(0xff, 4096 * 2, size);
    writeFileSync(options.file, bytes);
    let refused = 0;
    for (let index = 0; index < 60 && refused === 0; index += 1) {
      store.pending('general', 100);
      await accept(alertOf(`b${index}`)).catch(() => (refused += 1));
    }
    await accept(alertOf('c'));
    expect(store.corruptCopies()).toBe(1);
    expect(store.pending('general', 100).map(({ alert: one }) => one.fingerprint)).toContain(
      'fp-c',
    );
  });

  test('only the newest copies are kept', async () => {
    for (let round = 0; round < 5; round += 1) {
      await store.close();
      clock.advance(1);
      writeFileSync(options.file, 'no database'.repeat(1000));
      store = new Store(options);
    }
    expect(store.corruptCopies()).toBe(3);
    expect(readdirSync(path.dirname(options.file)).length).toBeLessThan(10);
  });
});

test('a database of a newer version is refused, and left as it is', async () => {
  await store.close();
  const db = new DatabaseSync(options.file);
  db.exec('PRAGMA user_version = 99');
  db.close();
  expect(() => new Store(options)).toThrow(StoreRefused);
  expect(() => new Store(options)).toThrow(/schema version 99.*knows up to 1/);
  const again = new DatabaseSync(options.file);
  again.exec('PRAGMA user_version = 1');
  again.close();
  store = new Store(options);
});

test('a database belongs to one process', () => {
  const script = `
    const { DatabaseSync } = require('node:sqlite');
    new DatabaseSync(process.argv[1]).prepare('SELECT * FROM total').all();`;
  expect(() =>
    execFileSync(process.execPath, ['-e', script, options.file], { stdio: 'pipe' }),
  ).toThrow(/database is locked/);
});

test('whatever happens in whatever order, every alert is accounted for', async () => {
  const step = fc.record({
    what: fc.constantFrom(
      'fire',
      'resolve',
      'deliver',
      'bury',
      'retry',
      'retryOne',
      'sweep',
      'wait',
      'jump',
      'configure',
      'reopen',
    ),
    name: fc.constantFrom('a', 'b', 'c'),
    destination: fc.constantFrom('general', 'mail'),
  });
  let created = 0;
  const counted = async (result: ReturnType<Store['accept']>): Promise<void> => {
    created += (await result).created.length;
  };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      for (const { what, name, destination } of steps) {
        const pending = store.pending(destination, 2);
        const actions: Record<typeof what, () => Promise<unknown>> = {
          fire: () => counted(accept(alertOf(name), ['general', 'mail'])),
          resolve: () => counted(accept(resolved(alertOf(name)), [destination])),
          deliver: () =>
            store.delivered({ delivered: pending.slice(0, 1), coalesced: pending.slice(1) }),
          bury: () => store.bury(pending, 'no'),
          retry: () => store.retry('all'),
          retryOne: () => store.retry(store.deadLetters(1).map(({ id }) => id)),
          sweep: () => store.sweep([destination]),
          wait: () => Promise.resolve(clock.advance(5 * 3600)),
          jump: () => Promise.resolve(clock.jumpBy(name === 'a' ? -86_400 : 86_400)),
          configure: () => store.configure(name === 'a' ? [destination] : ['general', 'mail']),
          reopen: () => reopen(),
        };
        await actions[what]();
        expect(store.discrepancies()).toEqual([]);
        const accepted = [...store.totals().values()].map((totals) => totals.accepted);
        expect(accepted.reduce((all, one) => all + one, 0)).toBe(created);
      }
    }),
    { numRuns: 40 },
  );
});
