import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Heartbeat } from '../../../../services/alert-router/src/heartbeat/heartbeat';
import { RouterMetrics } from '../../../../services/alert-router/src/metrics';
import type { Alert } from '../../../../services/alert-router/src/model';
import { Store } from '../../../../services/alert-router/src/store/store';
import { createLogger } from '../../../../services/shared/logger';
import { TestClock } from '../../../support/test-clock';

const logger = createLogger('test', 'silent');
const TIMEOUT = 180;

let folder: string;
let clock: TestClock;
let store: Store;
let metrics: RouterMetrics;
let notices: Alert[];
let refuse: boolean;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-heartbeat-'));
  clock = new TestClock();
  notices = [];
  refuse = false;
  open();
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function open(): void {
  store = new Store({ file: join(folder, 'router.db'), clock, logger });
  metrics = new RouterMetrics();
}

const heartbeatOf = (): Heartbeat =>
  new Heartbeat({
    clock,
    logger,
    meta: store,
    metrics,
    timeoutSeconds: () => TIMEOUT,
    notice: (alert) => {
      if (refuse) return Promise.reject(new Error('disk full'));
      notices.push(alert);
      return Promise.resolve();
    },
  });

const told = (): string[] => notices.map(({ status }) => status);

test('as long as it beats nothing is said, and page and metric show when', async () => {
  const heartbeat = heartbeatOf();
  for (let minute = 0; minute < 10; minute += 1) {
    await heartbeat.beat();
    clock.advance(60);
    await heartbeat.check();
  }
  expect(notices).toEqual([]);
  const last = clock.now().getTime() - 60_000;
  expect(heartbeat.status()).toEqual({ lastAt: last, silent: false });
  expect(await metrics.text()).toContain(
    `alert_router_heartbeat_timestamp_seconds ${last / 1000}\n`,
  );
});

test('silence is told once, and its end once', async () => {
  const heartbeat = heartbeatOf();
  await heartbeat.beat();
  clock.advance(TIMEOUT);
  await heartbeat.check();
  expect(told()).toEqual([]);
  clock.advance(1);
  await heartbeat.check();
  clock.advance(3600);
  await heartbeat.check();
  expect(told()).toEqual(['firing']);
  expect(heartbeat.status().silent).toBe(true);
  expect(notices[0]?.annotations).toMatchObject({
    summary: 'Alerts are no longer arriving',
    description: expect.stringContaining('it last came at 2026-06-01T12:00:00Z') as string,
  });

  await heartbeat.beat();
  await heartbeat.beat();
  await heartbeat.check();
  expect(told()).toEqual(['firing', 'resolved']);
  expect(heartbeat.status().silent).toBe(false);
  const [lost, back] = notices;
  expect(back).toMatchObject({ fingerprint: lost?.fingerprint, startsAt: lost?.startsAt });
  expect(back?.endsAt).toBe(clock.now().getTime());

  clock.advance(TIMEOUT + 1);
  await heartbeat.check();
  expect(told()).toEqual(['firing', 'resolved', 'firing']);
});

test('one that never came is missed, too, but not before its time is over', async () => {
  const heartbeat = heartbeatOf();
  clock.advance(TIMEOUT);
  await heartbeat.check();
  expect(told()).toEqual([]);
  clock.advance(1);
  await heartbeat.check();
  expect(told()).toEqual(['firing']);
  expect(notices[0]?.annotations.description).toContain('it never came');
});

test('a restart repeats nothing, and hides nothing', async () => {
  await heartbeatOf().beat();
  await store.close();
  clock.advance(3600);
  open();
  const second = heartbeatOf();
  await second.check();
  expect(told()).toEqual([]);
  expect(second.status().lastAt).toBe(Date.parse('2026-06-01T12:00:00Z'));
  expect(await metrics.text()).toContain('heartbeat_timestamp_seconds 1780315200\n');
  clock.advance(TIMEOUT + 1);
  await second.check();
  expect(told()).toEqual(['firing']);

  await store.close();
  open();
  const third = heartbeatOf();
  clock.advance(TIMEOUT + 1);
  await third.check();
  expect(told()).toEqual(['firing']);
  await third.beat();
  expect(told()).toEqual(['firing', 'resolved']);
});

test.each([86_400, -86_400])(
  'the wall clock jumps by %d s: no silence, and none hidden',
  async (jump) => {
    const heartbeat = heartbeatOf();
    await heartbeat.beat();
    clock.jumpBy(jump);
    await heartbeat.check();
    expect(told()).toEqual([]);
    clock.advance(TIMEOUT + 1);
    await heartbeat.check();
    expect(told()).toEqual(['firing']);
  },
);

test('a notice that cannot be stored is not forgotten', async () => {
  const heartbeat = heartbeatOf();
  refuse = true;
  clock.advance(TIMEOUT + 1);
  await expect(heartbeat.check()).rejects.toThrow('disk full');
  refuse = false;
  await heartbeat.check();
  expect(told()).toEqual(['firing']);
  refuse = true;
  await expect(heartbeat.beat()).rejects.toThrow('disk full');
  refuse = false;
  await heartbeat.beat();
  expect(told()).toEqual(['firing', 'resolved']);
});

test('the loop reports, outlives trouble, and ends with its signal', async () => {
  const heartbeat = heartbeatOf();
  const stop = new AbortController();
  refuse = true;
  const sleep = clock.sleep.bind(clock);
  let sleeps = 0;
  clock.sleep = async (ms) => {
    await sleep(ms);
    // So that promises of others get their turn.
    await new Promise((resolve) => setImmediate(resolve));
    sleeps += 1;
    if (sleeps === 50) refuse = false;
    if (sleeps === 60) stop.abort();
  };
  await heartbeat.run(stop.signal);
  expect(told()).toEqual(['firing']);
});
