import https from 'node:https';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { Alert } from '../../../../services/alert-router/src/model';
import { renderPage } from '../../../../services/alert-router/src/status/page';
import type { RouterStatus } from '../../../../services/alert-router/src/status/status';
import { duration, problemsOf } from '../../../../services/alert-router/src/status/words';
import type { TlsMaterial } from '../../../../services/shared/tls-server';
import { TlsAuthority } from '../../../support/tls-authority';
import { PeopleServer } from '../../../support/people-server';

let server: TlsMaterial;
let technician: TlsMaterial;
let alertmanager: TlsMaterial;
let people: PeopleServer;

beforeAll(async () => {
  const authority = await TlsAuthority.create();
  server = await authority.issue('alert-router');
  technician = await authority.issue('technician');
  alertmanager = await authority.issue('alertmanager');
});
beforeEach(async () => (people = await PeopleServer.start(server)));
afterEach(() => people.stop());

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

function ask(path: string, method = 'GET', body?: unknown, by = technician): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = people;
    const options = { ...by, host: 'localhost', port, path, method, agent: false } as const;
    const request = https.request(options, (response) => {
      const { statusCode: status = 0, headers } = response;
      text(response).then((all) => resolve({ status, headers, body: all }), reject);
    });
    request.on('error', reject);
    request.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body));
  });
}

const read = async (path: string): Promise<unknown> => JSON.parse((await ask(path)).body);
const status = async (): Promise<RouterStatus> => (await read('/api/v1/status')) as RouterStatus;

const alert = (fingerprint: string, more: Partial<Alert> = {}): Alert => ({
  fingerprint,
  status: 'firing',
  labels: { alertname: 'NodeDown', severity: 'critical', instance: 'a"b', job: 'x' },
  annotations: {},
  startsAt: 0,
  ...more,
});

test('the status of a router that has done nothing yet', async () => {
  expect(await status()).toEqual({
    version: '1.2.3',
    startedAt: people.clock.now().getTime(),
    now: people.clock.now().getTime(),
    heartbeat: { silent: false },
    totals: { accepted: 0, delivered: 0, coalesced: 0, dead: 0, expired: 0, pending: 0 },
    destinations: [
      { name: 'general', kind: 'discord', state: 'ready', pending: 0, delivered: 0, dead: 0 },
      {
        name: 'mail',
        kind: 'mail',
        state: 'parked',
        reason: 'no credential',
        pending: 0,
        delivered: 0,
        dead: 0,
      },
    ],
    lastDeliveries: [],
    deadLetters: [],
    orphans: [],
    reconciler: { enabled: true, added: 0, resolved: 0 },
    store: { bytes: expect.any(Number) as number, writable: true, corruptCopies: 0 },
  });
});

test('what was delivered, given up and waits is told, and adds up', async () => {
  await people.accept(alert('a'));
  await people.accept(alert('b'));
  await people.accept(alert('c'));
  const [a, b] = people.store.pending('general', 2);
  people.clock.advance(10);
  if (a) await people.store.delivered({ delivered: [a], coalesced: [] }, 'message');
  people.clock.advance(10);
  if (b) await people.store.bury([b], 'Discord answered 400');
  const found = await status();
  const { accepted, delivered, coalesced, dead, expired, pending } = found.totals;
  expect(accepted).toBe(delivered + coalesced + dead + expired + pending);
  expect(found.totals).toMatchObject({ accepted: 3, delivered: 1, dead: 1, pending: 1 });
  expect(found.destinations[0]).toMatchObject({
    pending: 1,
    delivered: 1,
    dead: 1,
    lastDeliveredAt: found.startedAt + 10_000,
    oldestPendingSeconds: 20,
  });
  expect(found.lastDeliveries).toEqual([
    {
      id: a?.id,
      destination: 'general',
      kind: 'firing',
      alertname: 'NodeDown',
      severity: 'critical',
      labels: '{instance="a\\"b", job="x"}',
      acceptedAt: found.startedAt,
      settledAt: found.startedAt + 10_000,
      outcome: 'delivered',
    },
  ]);
  expect(found.deadLetters).toMatchObject([
    { id: b?.id, outcome: 'dead', reason: 'Discord answered 400' },
  ]);
  expect(await read(`/api/v1/deliveries/${a?.id}`)).toMatchObject({ state: 'delivered' });
  expect(await read(`/api/v1/deliveries/${b?.id}`)).toMatchObject({
    state: 'dead',
    reason: 'Discord answered 400',
  });
});

test.each([
  ['GET', '/'],
  ['GET', '/api/v1/status'],
  ['GET', '/api/v1/deliveries/1'],
  ['POST', '/api/v1/retry'],
  ['POST', '/api/v1/test'],
])('%s %s is for people, and for nobody else', async (method, path) => {
  const sent = method === 'POST' ? { all: true } : undefined;
  const { status: code, body } = await ask(path, method, sent, alertmanager);
  expect([code, JSON.parse(body)]).toEqual([403, { error: 'identity not allowed here' }]);
});

test('a retry makes dead letters pending again', async () => {
  for (const name of ['a', 'b', 'c']) await people.accept(alert(name));
  await people.store.bury(people.store.pending('general', 3), 'refused');
  const ids = (await status()).deadLetters.map(({ id }) => id);
  expect(ids).toHaveLength(3);
  const sent = { destinations: ['general'], outdated: 0, unknown: [] };
  const retry = async (body: unknown): Promise<unknown> =>
    JSON.parse((await ask('/api/v1/retry', 'POST', body)).body);
  expect(await retry({ ids: [ids[0]] })).toEqual(sent);
  expect((await status()).totals).toMatchObject({ dead: 2, pending: 1 });
  expect(await retry({ all: true })).toEqual(sent);
  expect((await status()).totals).toMatchObject({ dead: 0, pending: 3 });
  expect(await retry({ ids: [4711] })).toEqual({ ...sent, destinations: [] });
});

test('what waited for a destination that is gone is said for a day, and is not sent again', async () => {
  await people.accept(alert('a'), 'old');
  await people.store.configure(['general', 'mail']);
  const found = await status();
  expect(found.orphans).toEqual([{ destination: 'old', letters: 1 }]);
  expect(problemsOf(found)).toEqual(['1 alert waited for old, which is no longer configured']);
  const { body } = await ask('/api/v1/retry', 'POST', { all: true });
  expect(JSON.parse(body)).toEqual({ destinations: [], outdated: 0, unknown: ['old'] });
  people.clock.advance(24 * 3600 + 1);
  expect(problemsOf(await status())).toEqual([]);
});

test('a test goes where it is told, and says what became of it', async () => {
  const { status: code, body } = await ask('/api/v1/test', 'POST', { destination: 'mail' });
  expect(code).toBe(202);
  const { ids } = JSON.parse(body) as { ids: number[] };
  expect(await read(`/api/v1/deliveries/${ids[0]}`)).toEqual({
    id: ids[0],
    destination: 'mail',
    state: 'pending',
    attempts: 0,
    destinationState: 'parked',
    reason: 'no credential',
  });
});

test('a test through the routes has the labels it was given, and is never taken for another', async () => {
  people.routed = ['general', 'mail'];
  const labels = { severity: 'critical', team: 'web' };
  const answers = await Promise.all([1, 2].map(() => ask('/api/v1/test', 'POST', { labels })));
  const ids = answers.flatMap(({ body }) => (JSON.parse(body) as { ids: number[] }).ids);
  expect(new Set(ids).size).toBe(4);
  const [first] = people.store.pending('general', 1);
  expect(first?.kind).toBe('test');
  expect({ ...first?.alert.labels }).toMatchObject({ alertname: 'TestAlert', ...labels });
});

test.each([
  ['/api/v1/retry', '', /allowed: \{"ids"/],
  ['/api/v1/retry', '{"ids":[]}', /allowed/],
  ['/api/v1/retry', '{"ids":["1"]}', /allowed/],
  ['/api/v1/retry', '{"all":false}', /allowed/],
  ['/api/v1/test', 'null', /allowed: \{"destination"/],
  ['/api/v1/test', '{"labels":{"a":1}}', /allowed/],
  ['/api/v1/test', '{"to":"mail"}', /allowed/],
  ['/api/v1/test', '{"destination":"mial"}', /'mial' is none of general, mail/],
])('POST %s with %s is refused in one line', async (path, body, message) => {
  const answer = await ask(path, 'POST', body);
  expect(answer.status).toBe(400);
  expect((JSON.parse(answer.body) as { error: string }).error).toMatch(message);
  expect((await status()).totals.accepted).toBe(0);
});

test.each(['1', '0', '-1', 'x', '', '1e400'])('there is no delivery %j', async (id) => {
  expect((await ask(`/api/v1/deliveries/${id}`)).status).toBe(404);
});

describe('the page', () => {
  test('loads, runs and sends nothing, and its own style is allowed', async () => {
    const { status: code, headers, body } = await ask('/');
    expect(code).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    const style = /<style>([^<]*)<\/style>/.exec(body)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(policy).toContain(`style-src 'sha256-${hash}'`);
    expect(body).not.toMatch(/<script|<form|<link|<img|<iframe| style=| on[a-z]+=|https?:\/\//i);
  });

  test('can be read by machines that read aloud', async () => {
    const { body } = await ask('/');
    expect(body).toMatch(/<html lang="en">/);
    expect(body.match(/<table>/g)).toHaveLength(4);
    expect(body.match(/<caption>/g)).toHaveLength(4);
    expect(body).not.toMatch(/<th(?! scope=)[ >]/);
    expect(body).toContain('Nothing was delivered yet.');
    expect(body).toContain('parked: no credential');
    expect(body).toContain('All is well.');
  });

  test('says in its title what is not well', async () => {
    people.heartbeat = { silent: true };
    people.lanes = [{ name: 'general', kind: 'discord', state: 'unhealthy', reason: 'gone' }];
    const { body } = await ask('/');
    expect(body).toContain('<title>Alert-router: not well (2)</title>');
    expect(body).toContain('general: gone');
    expect(body).toContain('no heartbeat');
  });

  test('shows nothing of an alert but its text', async () => {
    const evil = '<script>alert(1)</script>"\'&\u202e\u0000\ud800';
    await people.accept(
      alert('a', { labels: { alertname: evil, severity: evil, [evil]: evil, job: evil } }),
    );
    await people.store.bury(people.store.pending('general', 1), evil);
    const { body } = await ask('/');
    expect(body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\ufffd');
    expect(body).not.toContain('<script');
    expect(body).not.toContain('\u202e');
    expect(body).not.toContain('\u0000');
  });

  test('whatever the text, the page has the same elements', async () => {
    const base = await status();
    const elements = (page: string): number => (page.match(/</g) ?? []).length;
    const withText = (words: string): string =>
      renderPage({
        ...base,
        version: words,
        destinations: [
          { ...base.destinations[0], name: words, kind: words, lastError: words },
        ] as RouterStatus['destinations'],
      });
    const expected = elements(withText('x'));
    const unit = fc.constantFrom(...'<>&"\'`$/!-x=\n');
    fc.assert(
      fc.property(fc.string({ unit }), (words) => {
        expect(elements(withText(words))).toBe(expected);
      }),
    );
  });
});

describe('words', () => {
  test.each([
    [-5_000, '0 s'],
    [400, '0 s'],
    [99_000, '99 s'],
    [100_000, '2 min'],
    [3_599_000, '1 h 0 min'],
    [3_600_000 * 5 + 60_000 * 7, '5 h 7 min'],
    [3_600_000 * 47, '47 h 0 min'],
    [3_600_000 * 51, '2 d 3 h'],
  ])('%d ms is %s', (milliseconds, words) => expect(duration(milliseconds)).toBe(words));

  test('what waits for a parked destination too long is no problem; elsewhere it is', async () => {
    const base = await status();
    const problems = (state: 'parked' | 'ready'): string[] =>
      problemsOf({
        ...base,
        destinations: [{ name: 'a', kind: 'mail', state, pending: 0, delivered: 0, dead: 1 }],
      });
    expect(problems('parked')).toEqual([]);
    expect(problems('ready')).toEqual(['1 dead letter: alerts nobody was told of']);
  });

  test('everything that is not well is said', async () => {
    const base = await status();
    const problems = problemsOf({
      ...base,
      heartbeat: { silent: true },
      reconciler: { enabled: true, lastError: 'gone', added: 0, resolved: 0 },
      store: {
        bytes: 1,
        writable: false,
        corruptCopies: 2,
        lastCorruptAt: base.now - 7_200_000,
      },
      destinations: [{ ...base.destinations[0], state: 'unhealthy' }] as typeof base.destinations,
    });
    expect(problems).toEqual([
      'general: it refuses every call',
      'no heartbeat: alerts are no longer arriving',
      'the database takes no writes; Alertmanager keeps what is new',
      'a damaged database was moved aside 2 h 0 min ago',
      'no comparison with Alertmanager: gone',
    ]);
  });

  test('a damaged database is news for a day, though its copy stays', async () => {
    const base = await status();
    const problems = (hours: number): string[] =>
      problemsOf({
        ...base,
        store: { ...base.store, corruptCopies: 1, lastCorruptAt: base.now - hours * 3_600_000 },
      });
    expect(problems(24)).toEqual(['a damaged database was moved aside 24 h 0 min ago']);
    expect(problems(25)).toEqual([]);
  });
});
