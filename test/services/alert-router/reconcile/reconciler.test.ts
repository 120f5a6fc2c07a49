import {
  askAlertmanager,
  type AlertmanagerView,
} from '../../../../services/alert-router/src/reconcile/alertmanager-client';
import { Reconciler } from '../../../../services/alert-router/src/reconcile/reconciler';
import { RouterMetrics } from '../../../../services/alert-router/src/metrics';
import type { Alert } from '../../../../services/alert-router/src/model';
import type { Clock } from '../../../../services/shared/clock';
import { createLogger } from '../../../../services/shared/logger';
import type { TlsMaterial } from '../../../../services/shared/tls-server';
import { TestClock } from '../../../support/test-clock';
import { TlsAuthority } from '../../../support/tls-authority';
import { FakeAlertmanager } from './fake-alertmanager';

const logger = createLogger('test', 'silent');
const never = new AbortController().signal;

let client: TlsMaterial;
let server: TlsMaterial;
let stranger: TlsMaterial;
let peers: FakeAlertmanager[];

beforeAll(async () => {
  const authority = await TlsAuthority.create();
  [client, server, stranger] = await Promise.all([
    authority.issue('alert-router', ['alert-router']),
    authority.issue('alertmanager'),
    TlsAuthority.create().then((other) => other.issue('alert-router')),
  ]);
});

beforeEach(async () => {
  peers = await Promise.all([FakeAlertmanager.start(server), FakeAlertmanager.start(server)]);
});
afterEach(() => Promise.all(peers.map((peer) => peer.stop())));

/** A router in memory: what fires here, by fingerprint, as accepting leaves it. */
class Here {
  readonly known = new Map<string, { groupKey: string; alert: Alert }>();
  readonly accepted: string[] = [];
  readonly clock = new TestClock();
  readonly metrics = new RouterMetrics();
  refuse = false;
  /** Of Alertmanager. */
  delaySeconds = 35;
  /** Whether what is resolved is known no longer. */
  forget = true;
  readonly reconciler: Reconciler;

  constructor(readonly bases: readonly string[]) {
    this.reconciler = new Reconciler({
      clock: this.clock,
      logger,
      metrics: this.metrics,
      notificationDelaySeconds: () => this.delaySeconds,
      alertmanagers: () => this.bases,
      ask: (base, signal) => askAlertmanager(base, client, signal),
      firing: () => [...this.known.values()],
      accept: (groupKey, alert) => {
        if (this.refuse) return Promise.reject(new Error('disk full'));
        this.accepted.push(`${alert.status} ${alert.fingerprint} in ${groupKey}`);
        if (alert.status === 'firing') this.known.set(alert.fingerprint, { groupKey, alert });
        else if (this.forget) this.known.delete(alert.fingerprint);
        return Promise.resolve();
      },
    });
  }

  fire(fingerprint: string): void {
    const alert: Alert = {
      fingerprint,
      status: 'firing',
      labels: { alertname: fingerprint },
      annotations: {},
      startsAt: 0,
    };
    this.known.set(fingerprint, { groupKey: `group of ${fingerprint}`, alert });
  }

  /** Minute after minute. */
  async poll(times: number): Promise<void> {
    for (let count = 0; count < times; count += 1) {
      await this.reconciler.poll(never);
      this.clock.advance(60);
    }
  }
}

const one = (): FakeAlertmanager => peers[0] as FakeAlertmanager;
const two = (): FakeAlertmanager => peers[1] as FakeAlertmanager;

test('an alert that fires there and never came is accepted, once, when it is no news any more', async () => {
  const here = new Here([one().url]);
  one().fire('a', { ['__proto__']: 'x', service: 'web' });
  await here.poll(2);
  expect(here.accepted).toEqual([]);
  await here.poll(3);
  expect(here.accepted).toEqual(['firing a in reconciled/a']);
  const { alert } = here.known.get('a') ?? {};
  expect(alert).toMatchObject({
    status: 'firing',
    annotations: { summary: 'summary of a' },
    startsAt: Date.parse('2026-06-01T09:59:00.123Z'),
  });
  expect(alert?.endsAt).toBeUndefined();
  expect(here.reconciler.status()).toMatchObject({ enabled: true, added: 1, resolved: 0 });
  expect(await here.metrics.text()).toContain('alert_router_reconciled_total{kind="firing"} 1');
});

test('an Alertmanager that takes its time is given it', async () => {
  const here = new Here([one().url]);
  here.delaySeconds = 300;
  one().fire('a');
  here.fire('b');
  await here.poll(6);
  expect(here.accepted).toEqual([]);
  await here.poll(1);
  expect(here.accepted).toEqual(['firing a in reconciled/a', 'resolved b in group of b']);
});

test('one that comes by itself in the meantime is left alone', async () => {
  const here = new Here([one().url]);
  one().fire('a');
  await here.poll(2);
  here.fire('a');
  await here.poll(3);
  expect(here.accepted).toEqual([]);
});

test.each([
  ['silenced or inhibited', {}, 'suppressed'],
  ['not yet processed', {}, 'unprocessed'],
  ['Watchdog', { alertname: 'Watchdog' }, 'active'],
  ['of severity none', { severity: 'none' }, 'active'],
] as const)('one that is %s is not accepted', async (_what, labels, state) => {
  const here = new Here([one().url]);
  one().fire('a', labels, state);
  await here.poll(5);
  expect(here.accepted).toEqual([]);
});

test('an alert that fires here and is gone there is ended in its own group', async () => {
  const here = new Here([one().url]);
  here.fire('a');
  here.fire('b');
  one().fire('b', {}, 'suppressed');
  await here.poll(2);
  expect(here.accepted).toEqual([]);
  await here.poll(3);
  expect(here.accepted).toEqual(['resolved a in group of a']);
  expect(here.reconciler.status()).toMatchObject({ added: 0, resolved: 1 });
});

test('one that stays known here although its end was accepted is ended once', async () => {
  const here = new Here([one().url]);
  here.fire('a');
  here.forget = false;
  await here.poll(10);
  expect(here.accepted).toEqual(['resolved a in group of a']);
  one().fire('a');
  await here.poll(1);
  one().alerts.delete('a');
  await here.poll(10);
  expect(here.accepted).toHaveLength(2);
});

test('a poll that fails makes nothing end again', async () => {
  const here = new Here([one().url]);
  here.fire('a');
  here.forget = false;
  await here.poll(5);
  one().upSeconds = 10;
  await here.poll(2);
  one().upSeconds = 600;
  await here.poll(5);
  expect(here.accepted).toEqual(['resolved a in group of a']);
});

test('an Alertmanager that has just started ends nothing until it knows of everything', async () => {
  const here = new Here([one().url]);
  here.fire('a');
  one().upSeconds = 300;
  await here.poll(5);
  expect(here.accepted).toEqual([]);
  one().upSeconds = 301;
  await here.poll(3);
  expect(here.accepted).toEqual(['resolved a in group of a']);
});

test('a restart in between begins the count anew', async () => {
  const here = new Here([one().url]);
  here.fire('a');
  await here.poll(2);
  one().upSeconds = 10;
  await here.poll(1);
  one().upSeconds = 600;
  await here.poll(2);
  expect(here.accepted).toEqual([]);
});

test('of two Alertmanagers each may know what the other does not', async () => {
  const here = new Here([one().url, two().url]);
  here.fire('known to the second');
  two().fire('known to the second');
  one().fire('silenced by the second');
  two().fire('silenced by the second', {}, 'suppressed');
  one().fire('missing');
  await here.poll(5);
  expect(here.accepted).toEqual(['firing missing in reconciled/missing']);
});

test('while one of two is away nothing ends, but what the other knows is accepted', async () => {
  const here = new Here([one().url, two().url]);
  here.fire('a');
  one().fire('missing');
  const { url } = two();
  await two().stop();
  await here.poll(5);
  expect(here.accepted).toEqual(['firing missing in reconciled/missing']);
  expect(here.reconciler.status().lastError).toMatch(new RegExp(`^${url}: .*ECONNREFUSED`));
  expect(await here.metrics.text()).toContain('alert_router_reconcile_success 0');
});

test('when it cannot be stored it is tried at the next poll', async () => {
  const here = new Here([one().url]);
  one().fire('a');
  here.refuse = true;
  await here.poll(4);
  expect(here.reconciler.status()).toMatchObject({ added: 0, lastError: 'disk full' });
  here.refuse = false;
  await here.poll(1);
  expect(here.accepted).toEqual(['firing a in reconciled/a']);
  expect(here.reconciler.status().lastError).toBeUndefined();
  expect(await here.metrics.text()).toContain('alert_router_reconcile_success 1');
});

test('without an Alertmanager it is switched off', async () => {
  const here = new Here([]);
  here.fire('a');
  await here.poll(5);
  expect(here.accepted).toEqual([]);
  expect(here.reconciler.status()).toMatchObject({ enabled: false });
});

/** One that knows of nothing, with a sleep and an Alertmanager of the test's own. */
const looping = (sleep: Clock['sleep'], ask: () => Promise<AlertmanagerView>): Reconciler =>
  new Reconciler({
    clock: { now: () => new Date(), monotonic: () => 0, sleep },
    logger,
    metrics: new RouterMetrics(),
    notificationDelaySeconds: () => 35,
    alertmanagers: () => ['https://one'],
    ask,
    firing: () => [],
    accept: () => Promise.resolve(),
  });

test('the loop ends at once, and a trigger makes it poll at once', async () => {
  const stop = new AbortController();
  const sleep: Clock['sleep'] = (_ms, signal) =>
    new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
  let polls = 0;
  let polled = (): void => undefined;
  const reconciler = looping(sleep, () => {
    polls += 1;
    setImmediate(() => polled());
    return Promise.resolve({ alerts: [], settled: true });
  });
  const first = new Promise<void>((resolve) => (polled = resolve));
  const running = reconciler.run(stop.signal);
  await first;
  const second = new Promise<void>((resolve) => (polled = resolve));
  reconciler.trigger();
  await second;
  expect(polls).toBe(2);
  stop.abort();
  await running;
});

test('after a failure it asks again soon, then less and less often, and once a minute when all is well', async () => {
  const stop = new AbortController();
  const waits: number[] = [];
  const sleep: Clock['sleep'] = (ms) => {
    waits.push(ms / 1000);
    if (waits.length === 7) stop.abort();
    return Promise.resolve();
  };
  const reconciler = looping(sleep, () =>
    waits.length === 5
      ? Promise.resolve({ alerts: [], settled: true })
      : Promise.reject(new Error('refused')),
  );
  await reconciler.run(stop.signal);
  const bounds = [
    [2.5, 5],
    [5, 10],
    [10, 20],
    [20, 40],
    [30, 60],
    [60, 60],
    [2.5, 5],
  ] as const;
  expect(waits).toHaveLength(bounds.length);
  for (const [index, [least, most]] of bounds.entries()) {
    expect(waits[index]).toBeGreaterThanOrEqual(least);
    expect(waits[index]).toBeLessThanOrEqual(most);
  }
});

describe('the client', () => {
  const ask = (material = client, base = one().url): Promise<unknown> =>
    askAlertmanager(base, material, never);

  test('is refused with a certificate of another authority', async () => {
    await expect(ask(stranger)).rejects.toThrow(/localhost/);
    await expect(ask({ ...stranger, ca: client.ca })).rejects.toThrow(/localhost/);
  });

  test('refuses a server whose certificate has another name', async () => {
    await expect(ask(client, one().url.replace('localhost', '127.0.0.1'))).rejects.toThrow(
      /does not match certificate/,
    );
  });

  test('reads under a path, too', async () => {
    one().instead = ({ url }, response) => {
      const body = url === '/am/api/v2/status' ? { uptime: new Date(0).toISOString() } : [];
      response.end(JSON.stringify(body));
    };
    await expect(ask(client, `${one().url}/am/`)).resolves.toEqual({ alerts: [], settled: true });
  });

  test.each([
    ['503', 'it answered 503', 503, ''],
    ['HTML', 'its alerts are no list', 200, '<html>'],
    ['null', 'its alerts are no list', 200, 'null'],
    ['an object for a list', 'its alerts are no list', 200, '{"uptime":"2026-01-01T00:00:00Z"}'],
  ])('%s is no answer: %s', async (_what, reason, status, body) => {
    one().instead = (_request, response) => response.writeHead(status).end(body);
    await expect(ask()).rejects.toThrow(`${one().url}: ${reason}`);
  });

  test.each([
    ['no fingerprint', {}],
    ['no start', { fingerprint: 'a', startsAt: 'soon' }],
  ])('one illegible alert (%s) spoils the answer, lest it look ended', async (_what, alert) => {
    one().instead = ({ url }, response) => {
      const status = { uptime: new Date(0).toISOString() };
      response.end(JSON.stringify(url === '/api/v2/status' ? status : [alert]));
    };
    await expect(ask()).rejects.toThrow(/its startsAt of a is no time|has no fingerprint/);
  });

  test('an answer without end is cut', async () => {
    let sent = 0;
    one().instead = (_request, response) => {
      const chunk = Buffer.alloc(1024 * 1024, ' ');
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += 1;
      };
      response.on('drain', more);
      more();
    };
    await expect(ask()).rejects.toThrow('an answer of more than 33554432 bytes');
    expect(sent).toBeLessThan(64);
  });

  test('an answer that is cut off is none', async () => {
    one().instead = (_request, response) => {
      response.write('{"uptime":');
      setImmediate(() => response.destroy());
    };
    await expect(ask()).rejects.toThrow(one().url);
  });

  test('the end of the process ends the question', async () => {
    const stop = new AbortController();
    one().instead = () => stop.abort();
    await expect(askAlertmanager(one().url, client, stop.signal)).rejects.toThrow(/abort/i);
  });
});
