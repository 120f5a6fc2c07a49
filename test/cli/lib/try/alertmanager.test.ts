import { once } from 'node:events';
import { Alertmanager, fingerprintOf, type HeldAlert } from '../../../../cli/lib/try/alertmanager';

interface Body {
  readonly groupKey: string;
  readonly status: string;
  readonly alerts: { status: string; labels: Record<string, string>; endsAt: string }[];
}

/** Answers with these status codes in turn, 0 for a broken connection, and keeps what it was sent. */
function router(...codes: number[]): {
  bodies: Body[];
  post: (body: unknown) => Promise<{ status: number; text: string }>;
} {
  const bodies: Body[] = [];
  const post = (body: unknown): Promise<{ status: number; text: string }> => {
    bodies.push(body as Body);
    const status = codes.shift() ?? 200;
    if (status === 0) return Promise.reject(new Error('ECONNREFUSED'));
    return Promise.resolve({ status, text: '' });
  };
  return { bodies, post };
}

const alert = (pod: string, endsAt?: Date): HeldAlert => ({
  group: 'stopped',
  labels: { alertname: 'ContainerStopped', pod },
  annotations: {},
  startsAt: new Date('2026-06-01T12:00:00Z'),
  endsAt,
});

let stop: AbortController;
beforeEach(() => (stop = new AbortController()));
afterEach(() => stop.abort(new Error('the test is over')));

test('a group is posted whole; what is resolved leaves it once that is told', async () => {
  const { bodies, post } = router();
  const alertmanager = new Alertmanager(post, stop.signal);
  alertmanager.put(alert('a'));
  alertmanager.put(alert('b'));
  expect(alertmanager.unaccepted).toBe(2);
  await once(alertmanager, 'accepted');
  expect(alertmanager.unaccepted).toBe(0);
  alertmanager.put(alert('a', new Date('2026-06-01T12:01:00Z')));
  await once(alertmanager, 'accepted');
  alertmanager.put(alert('c'));
  await once(alertmanager, 'accepted');
  const seen = bodies.map(({ alerts }) =>
    alerts.map(({ status, labels }) => `${labels.pod} ${status}`),
  );
  expect(seen).toEqual([
    ['a firing', 'b firing'],
    ['a resolved', 'b firing'],
    ['b firing', 'c firing'],
  ]);
  expect(bodies[1]).toMatchObject({ version: '4', status: 'firing', truncatedAlerts: 0 });
  expect(bodies[1]?.alerts.map(({ endsAt }) => endsAt)).toEqual([
    '2026-06-01T12:01:00.000Z',
    '0001-01-01T00:00:00Z',
  ]);
});

test('after 5xx and broken connections the same bytes come again; a later change waits its turn', async () => {
  const { bodies, post } = router(503, 0);
  const alertmanager = new Alertmanager(post, stop.signal);
  alertmanager.put(alert('a'));
  expect(await once(alertmanager, 'postponed')).toEqual(['it answered 503']);
  alertmanager.put(alert('b'));
  expect(await once(alertmanager, 'postponed')).toEqual(['it cannot be reached']);
  await once(alertmanager, 'accepted');
  expect(bodies[1]).toEqual(bodies[0]);
  expect(bodies[2]).toEqual(bodies[0]);
  expect(alertmanager.unaccepted).toBe(1);
  await once(alertmanager, 'accepted');
  expect(bodies[3]?.alerts).toHaveLength(2);
});

test('a 4xx is final, as it is for the real one', async () => {
  const { bodies, post } = router(429);
  const alertmanager = new Alertmanager(post, stop.signal);
  const accepted = jest.fn();
  alertmanager.on('accepted', accepted);
  alertmanager.put(alert('a'));
  expect(await once(alertmanager, 'refused')).toEqual(['it answered 429']);
  await new Promise((resolve) => setImmediate(resolve));
  expect([bodies.length, alertmanager.unaccepted]).toEqual([1, 0]);
  expect(accepted).not.toHaveBeenCalled();
});

test('a fingerprint follows from the labels, in any order', () => {
  expect(fingerprintOf({ a: '1', b: '2' })).toBe(fingerprintOf({ b: '2', a: '1' }));
  expect(fingerprintOf({ a: '1', b: '2' })).not.toBe(fingerprintOf({ a: '2', b: '1' }));
  expect(fingerprintOf({})).toMatch(/^[0-9a-f]{16}$/);
});
