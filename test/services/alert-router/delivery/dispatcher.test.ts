import { setTimeout as delay } from 'node:timers/promises';
import { Dispatcher } from '../../../../services/alert-router/src/delivery/dispatcher';
import type { Delivery, Destination, Outbox } from '../../../../services/alert-router/src/model';
import { RouterMetrics } from '../../../../services/alert-router/src/metrics';
import { TestClock } from '../../../support/test-clock';
import { delivery } from '../messages/deliveries';
import { quiet } from '../support';
import { until } from './rig';

/** Long sleeps last until time is let pass; the lanes' short ones are over at once. */
class HeldClock extends TestClock {
  private readonly held = new Set<{ at: number; wake: () => void }>();

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms < 1_000) return super.sleep(ms);
    return new Promise((resolve) => {
      this.held.add({ at: this.monotonic() + ms, wake: resolve });
      signal?.addEventListener('abort', () => resolve());
    });
  }

  override advance(seconds: number): void {
    super.advance(seconds);
    for (const one of this.held) {
      if (one.at > this.monotonic()) continue;
      this.held.delete(one);
      one.wake();
    }
  }
}

/** One delivery that was there before the start; what reads it finds nothing while the database cannot be read. */
class Unreadable implements Outbox {
  isReadable = false;
  reads = 0;
  private rows: Delivery[] = [delivery({ id: 1 })];

  get isDone(): boolean {
    return this.rows.length === 0;
  }

  pending(): Delivery[] {
    this.reads++;
    return this.isReadable ? this.rows : [];
  }

  delivered(): Promise<void> {
    this.rows = [];
    return Promise.resolve();
  }

  attempted = (): Promise<void> => Promise.resolve();
  bury = (): Promise<void> => Promise.resolve();
  callsWithin = (): number[] => [];
  calling = (): Promise<void> => Promise.resolve();
}

const destination: Destination = {
  name: 'general',
  kind: 'webhook',
  waitMs: () => 0,
  compose: (pending) => ({
    delivered: pending,
    coalesced: [],
    send: () => Promise.resolve({ kind: 'delivered' }),
  }),
  close: () => undefined,
};

test('what could not be read is delivered within half a minute, though nothing new comes', async () => {
  const clock = new HeldClock();
  const outbox = new Unreadable();
  const metrics = new RouterMetrics();
  const dispatcher = new Dispatcher({ outbox, clock, logger: quiet, metrics });
  const ending = new AbortController();
  dispatcher.use([destination]);
  const running = dispatcher.run(ending.signal);
  await until(() => outbox.reads > 0);
  await delay(20);
  expect(outbox.reads).toBe(1);

  outbox.isReadable = true;
  clock.advance(29);
  await delay(20);
  expect(outbox.reads).toBe(1);
  clock.advance(1);
  await until(() => outbox.isDone);

  ending.abort();
  await running;
  await dispatcher.stop(0);
});
