import { Lane } from '../../../../services/alert-router/src/delivery/lane';
import { RouterMetrics } from '../../../../services/alert-router/src/metrics';
import type {
  Delivery,
  Destination,
  Message,
  Outbox,
  Outcome,
} from '../../../../services/alert-router/src/model';
import { TestClock } from '../../../support/test-clock';
import { delivery } from '../messages/deliveries';
import { quiet } from '../support';
import { until } from './rig';

/** An outbox in memory that writes down what is asked of it. */
class Notebook implements Outbox {
  readonly lines: string[] = [];
  constructor(private rows: Delivery[]) {}

  pending(): Delivery[] {
    return this.rows;
  }

  delivered({ delivered }: Pick<Message, 'delivered'>): Promise<void> {
    this.lines.push(`delivered ${delivered.map(({ id }) => id).join()}`);
    this.rows = this.rows.filter((row) => !delivered.includes(row));
    return Promise.resolve();
  }

  attempted(): Promise<void> {
    this.lines.push('attempted');
    return Promise.resolve();
  }

  bury(rows: readonly Delivery[], reason: string): Promise<void> {
    this.lines.push(`buried ${rows.map(({ id }) => id).join()}: ${reason}`);
    this.rows = this.rows.filter((row) => !rows.includes(row));
    return Promise.resolve();
  }

  callsWithin(): number[] {
    return [];
  }

  calling(): Promise<void> {
    this.lines.push('calling');
    return Promise.resolve();
  }
}

class Scripted implements Destination {
  readonly name = 'general';
  readonly kind = 'webhook';
  closed = false;
  inFlight = 0;
  mostInFlight = 0;

  constructor(private readonly call: (signal: AbortSignal) => Promise<Outcome>) {}

  waitMs(): number {
    return 0;
  }

  compose(pending: readonly Delivery[]): Message {
    return {
      delivered: pending.slice(0, 1),
      coalesced: [],
      send: async (signal) => {
        this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
        try {
          return await this.call(signal);
        } finally {
          this.inFlight--;
        }
      },
    };
  }

  close(): void {
    this.closed = true;
  }
}

const laneOf = (outbox: Outbox, destination: Destination): Lane =>
  new Lane(destination, {
    outbox,
    clock: new TestClock(),
    logger: quiet,
    metrics: new RouterMetrics(),
  });

const rows = (): Delivery[] => [delivery({ id: 1 }), delivery({ id: 2 })];

test('each call is written down before it is made, and what became of it after', async () => {
  const outbox = new Notebook(rows());
  const destination = new Scripted(() => {
    outbox.lines.push('sent');
    return Promise.resolve({ kind: 'delivered' });
  });
  const lane = laneOf(outbox, destination);
  lane.start();
  await until(() => outbox.pending().length === 0);
  await lane.stop(0);
  const one = (id: number): string[] => ['calling', 'sent', `delivered ${id}`];
  expect(outbox.lines).toEqual([...one(1), ...one(2)]);
  expect(destination.mostInFlight).toBe(1);
  expect(destination.closed).toBe(true);
});

test('an exception, wherever it comes from, does not end the lane', async () => {
  const outbox = new Notebook(rows());
  const errors = ['sending', 'reading'];
  const destination = new Scripted(() => {
    if (errors.length === 2) throw new Error(errors.pop());
    return Promise.resolve({ kind: 'delivered' });
  });
  const pending = outbox.pending.bind(outbox);
  jest.spyOn(outbox, 'pending').mockImplementation(() => {
    if (errors.length === 1) throw new Error(errors.pop());
    return pending();
  });
  const lane = laneOf(outbox, destination);
  lane.start();
  await until(() => outbox.lines.includes('delivered 2'));
  expect(errors).toEqual([]);
  expect(lane.status()).toMatchObject({ state: 'ready', lastError: 'internal error' });
  await lane.stop(0);
});

test('one delivery that no message can be made of is buried, the others are told', async () => {
  const outbox = new Notebook([1, 2, 3, 4, 5].map((id) => delivery({ id })));
  const destination = new Scripted(() => Promise.resolve({ kind: 'delivered' }));
  const compose = destination.compose.bind(destination);
  jest.spyOn(destination, 'compose').mockImplementation((pending) => {
    if (pending.some(({ id }) => id === 3)) throw new Error('a mistake');
    return compose(pending);
  });
  const lane = laneOf(outbox, destination);
  lane.start();
  await until(() => outbox.pending().length === 0);
  await lane.stop(0);
  expect(outbox.lines.filter((line) => line !== 'calling')).toEqual([
    'delivered 1',
    'delivered 2',
    'buried 3: no message can be made of it',
    'delivered 4',
    'delivered 5',
  ]);
});

test('a warning with a delivery is shown, and keeps nothing from being delivered', async () => {
  const outbox = new Notebook(rows());
  const warning = '1 of 2 recipients refused';
  const lane = laneOf(outbox, new Scripted(() => Promise.resolve({ kind: 'delivered', warning })));
  lane.start();
  await until(() => outbox.pending().length === 0);
  await lane.stop(0);
  expect(lane.status()).toMatchObject({ state: 'ready', lastError: warning });
});

test('stopping lets the call in flight end', async () => {
  const outbox = new Notebook(rows());
  let answer: (outcome: Outcome) => void = () => undefined;
  const lane = laneOf(outbox, new Scripted(() => new Promise((resolve) => (answer = resolve))));
  lane.start();
  await until(() => outbox.lines.includes('calling'));
  await until(() => answer.length === 1);
  const stopped = lane.stop(5_000);
  answer({ kind: 'delivered' });
  await stopped;
  expect(outbox.lines).toEqual(['calling', 'delivered 1']);
});

test('but not for longer than the grace; what was in flight stays pending', async () => {
  const outbox = new Notebook(rows());
  const destination = new Scripted(
    (signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ kind: 'retry', reason: 'stopped' }));
      }),
  );
  const lane = laneOf(outbox, destination);
  lane.start();
  await until(() => destination.inFlight === 1);
  await lane.stop(20);
  expect(outbox.pending()).toHaveLength(2);
  expect(outbox.lines).not.toContain('delivered 1');
});

test('a lane that replaces another begins when that one has ended', async () => {
  const outbox = new Notebook(rows());
  const destination = new Scripted(() => Promise.resolve({ kind: 'delivered' }));
  const lane = laneOf(outbox, destination);
  let end: () => void = () => undefined;
  lane.start(new Promise<void>((resolve) => (end = resolve)));
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(outbox.lines).toEqual([]);
  end();
  await until(() => outbox.pending().length === 0);
  await lane.stop(0);
});
