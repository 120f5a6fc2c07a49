import { PassThrough } from 'node:stream';
import { retryAlerts, showAlerts, testAlerts } from '../../../cli/lib/alerts';
import { checkCredential, store } from '../../../cli/lib/alerts-credentials';
import { renderAlerts } from '../../../cli/lib/alerts-text';
import { Door } from '../../../cli/lib/door';
import { AlreadyReported, CliError, UsageError } from '../../../cli/lib/errors';
import { Output } from '../../../cli/lib/output';
import { RouterApi } from '../../../cli/lib/router-api';
import type { Session } from '../../../cli/lib/session';
import { parseSettings } from '../../../constructs/settings';
import type { Alert } from '../../../services/alert-router/src/model';
import type { TlsMaterial } from '../../../services/shared/tls-server';
import { fakeApi } from '../../support/fake-apply-server';
import { PeopleServer } from '../../support/people-server';
import { TlsAuthority } from '../../support/tls-authority';

const never = new AbortController().signal;
let server: TlsMaterial;
let technician: TlsMaterial;
let stranger: TlsMaterial;
let people: PeopleServer;

beforeAll(async () => {
  const authority = await TlsAuthority.create();
  server = await authority.issue('alert-router', ['alert-router.monitoring.svc']);
  technician = await authority.issue('technician');
  stranger = await authority.issue('grafana');
});
beforeEach(async () => (people = await PeopleServer.start(server)));
afterEach(() => people.stop());

function apiOf(
  material = technician,
  more: { port?: number; serverName?: string } = {},
): RouterApi {
  const { port = people.port, serverName = 'alert-router.monitoring.svc' } = more;
  const spec = { title: 'alert-router', namespace: '', service: '', port: 0, serverName };
  const forwarding = { port, lastError: () => undefined, close: () => undefined };
  return new RouterApi(new Door(spec, forwarding, material, never));
}

interface Captured {
  readonly session: Session;
  readonly text: { stdout: string };
}

function capture(json = false): Captured {
  const text = { stdout: '' };
  const stdout = new PassThrough().on(
    'data',
    (chunk: Buffer) => (text.stdout += chunk.toString()),
  ) as never;
  const output = new Output(json, stdout, new PassThrough() as never);
  return { session: { output, signal: never }, text };
}

const alert = (alertname: string): Alert => ({
  fingerprint: alertname,
  status: 'firing',
  labels: { alertname, severity: 'critical' },
  annotations: {},
  startsAt: 0,
});

const plain = { style: (_style: string, text: string) => text };

describe('the door', () => {
  test('is closed to another identity', async () => {
    await expect(apiOf(stranger).status()).rejects.toThrow(
      'alert-router cannot be asked over mTLS: it answered 403',
    );
  });

  test('insists on the name of the component', async () => {
    const elsewhere = apiOf(technician, { serverName: 'grafana.monitoring.svc' });
    await expect(elsewhere.status()).rejects.toThrow(/does not match certificate/);
  });

  test('says that nobody answers', async () => {
    await expect(apiOf(technician, { port: 1 }).status()).rejects.toThrow(
      /^alert-router cannot be asked over mTLS: .*ECONNREFUSED/,
    );
  });
});

describe('vigil alerts', () => {
  test('when nothing was ever delivered, it says what to do', async () => {
    const { session, text } = capture();
    await showAlerts(session, apiOf());
    expect(text.stdout).toContain('Nothing was ever delivered.');
    expect(text.stdout).toContain('Parked: mail. `npx vigil alerts connect <destination>`');
    expect(text.stdout).toContain('`npx vigil alerts test` sends a test message.');
    expect(text.stdout).toContain('All is well.');
  });

  test('shows destinations, deliveries and dead letters in columns', async () => {
    await people.accept(alert('NodeDown'));
    await people.accept(alert('DiskFull'));
    await people.accept(alert('Waits'), 'mail');
    const [one, two] = people.store.pending('general', 2);
    if (one) await people.store.delivered({ delivered: [one], coalesced: [] });
    if (two) await people.store.bury([two], 'Discord answered 400\u001b[2J\nvigil: ok');
    people.clock.advance(125);
    const text = renderAlerts(await apiOf().status(), plain);
    expect(text).toMatch(/^ {2}general +discord +0 +1 delivered +2 min ago +ready$/m);
    expect(text).toMatch(
      /^ {2}mail +mail +1 \(oldest 2 min\) +0 delivered +never +parked: no cred/m,
    );
    expect(text).toMatch(/^ {2}\d+ +2 min ago +general +firing NodeDown +delivered$/m);
    expect(text).toMatch(
      /^ {2}\d+ +2 min ago +general +firing DiskFull +dead: Discord answered 400 \[2J vigil: ok$/m,
    );
    expect(text).toContain('3 = 1 delivered + 0 told with a later one + 1 dead');
    expect(text).not.toContain('\u001b');
  });

  test('ends with 1 when something is not well, and says what', async () => {
    people.heartbeat = { silent: true };
    const { session, text } = capture(true);
    await expect(showAlerts(session, apiOf())).rejects.toThrow(AlreadyReported);
    expect(JSON.parse(text.stdout)).toMatchObject({
      ok: false,
      problems: ['no heartbeat: alerts are no longer arriving'],
      totals: { accepted: 0 },
    });
  });

  test('shows ten of each list, and how many more there are', async () => {
    for (let count = 0; count < 12; count += 1) await people.accept(alert(`a${count}`));
    await people.store.bury(people.store.pending('general', 20), 'refused');
    const text = renderAlerts(await apiOf().status(), plain);
    expect(text.match(/dead: refused/g)).toHaveLength(10);
    expect(text).toContain('and 2 more (--json shows them)');
  });
});

describe('vigil alerts test', () => {
  /** What a lane would do. */
  const deliverAll = async (): Promise<void> => {
    const delivered = people.store.pending('general', 10);
    await people.store.delivered({ delivered, coalesced: [] });
  };

  test('says that it arrived', async () => {
    people.onAccepted = () => void deliverAll();
    const { session, text } = capture();
    await testAlerts(session, apiOf(), { labels: {} });
    expect(text.stdout).toBe('Accepted for 1 destination; waiting.\ngeneral: delivered\n');
  });

  test('waits for it', async () => {
    people.onAccepted = () => void setTimeout(() => void deliverAll(), 300);
    const { session, text } = capture();
    await testAlerts(session, apiOf(), { labels: {} });
    expect(text.stdout).toContain('general: delivered');
  });

  test('does not wait for a parked destination, and fails though the other took it', async () => {
    people.routed = ['general', 'mail'];
    people.onAccepted = () => void deliverAll();
    const { session, text } = capture();
    await expect(testAlerts(session, apiOf(), { labels: {} })).rejects.toThrow(AlreadyReported);
    expect(text.stdout).toContain('general: delivered');
    expect(text.stdout).toContain('mail: not delivered, it is parked: no credential');
  });

  test('says why it was refused', async () => {
    people.onAccepted = () =>
      void people.store.bury(people.store.pending('general', 1), 'no\u001b[2J\nall is well');
    const plainly = capture();
    await expect(testAlerts(plainly.session, apiOf(), { labels: {} })).rejects.toThrow(
      AlreadyReported,
    );
    expect(plainly.text.stdout).toContain('not delivered (dead): no [2J all is well\n');
    people.onAccepted = () => void people.store.bury(people.store.pending('general', 1), 'no');
    const { session, text } = capture(true);
    await expect(testAlerts(session, apiOf(), { labels: {} })).rejects.toThrow(AlreadyReported);
    expect(JSON.parse(text.stdout)).toMatchObject({
      ok: false,
      deliveries: [{ destination: 'general', state: 'dead', reason: 'no' }],
    });
  });

  test('gives up in time', async () => {
    people.onAccepted = () =>
      void people.store.attempted(people.store.pending('general', 1), 'Discord answered 503');
    const { session, text } = capture();
    await expect(testAlerts(session, apiOf(), { labels: {} }, 1000)).rejects.toThrow(
      AlreadyReported,
    );
    expect(text.stdout).toContain(
      'general: not delivered within 1 s (1 failed attempt): Discord answered 503; the router goes on trying',
    );
  });

  test('a destination that does not exist is a mistake', async () => {
    const { session } = capture();
    const request = { destination: 'mial', labels: {} };
    await expect(testAlerts(session, apiOf(), request)).rejects.toThrow(UsageError);
  });
});

describe('vigil alerts retry', () => {
  test('sends dead letters again', async () => {
    const id = await people.accept(alert('a'));
    await people.store.bury(people.store.pending('general', 1), 'no');
    const { session, text } = capture();
    await retryAlerts(session, apiOf(), [id]);
    expect(text.stdout).toBe('Dead letters are sent again to general.\n');
    expect(people.store.pending('general', 1)).toHaveLength(1);
  });

  test('says that a destination is parked, so that they wait there', async () => {
    await people.accept(alert('a'), 'mail');
    await people.store.bury(people.store.pending('mail', 1), 'no');
    const { session, text } = capture();
    await retryAlerts(session, apiOf(), 'all');
    expect(text.stdout).toBe(
      'Dead letters are sent again to mail. mail is parked: they wait there until it can be called. ' +
        'Destinations that refused every call are called again.\n',
    );
  });

  test('says what is outdated, which is no mistake', async () => {
    const id = await people.accept(alert('a'));
    await people.store.bury(people.store.pending('general', 1), 'no');
    await people.accept({ ...alert('a'), status: 'resolved', endsAt: 1 });
    const { session, text } = capture();
    await retryAlerts(session, apiOf(), [id]);
    expect(text.stdout).toBe('1 was outdated: its alert is over or began anew.\n');
  });

  test('refuses those of a destination that is no longer configured', async () => {
    const id = await people.accept(alert('a'));
    await people.store.configure(['mail']);
    const { session, text } = capture();
    await expect(retryAlerts(session, apiOf(), [id])).rejects.toThrow(
      new CliError('general is no longer configured; its dead letters stay'),
    );
    await retryAlerts(session, apiOf(), 'all');
    expect(text.stdout).toContain('general is no longer configured; its dead letters stay.');
  });

  test('says that there is none', async () => {
    const { session, text } = capture();
    await retryAlerts(session, apiOf(), 'all');
    expect(text.stdout).toBe(
      'There is no dead letter. Destinations that refused every call are called again.\n',
    );
    await expect(retryAlerts(session, apiOf(), [4, 5])).rejects.toThrow(
      new CliError('no dead letter is 4 or 5; see `npx vigil alerts`'),
    );
  });
});

describe('credentials', () => {
  const settings = parseSettings({});
  const DISCORD = 'https://discord.com/api/webhooks/123/SECRET-token';

  test.each([
    ['discord', DISCORD],
    ['mail', 'smtp://me:SECRET@mail.example.com'],
    ['webhook', 'https://example.com/hook\nSECRET-SECRET-SECRET'],
  ] as const)('of %s are taken', (kind, credential) => {
    expect(() => checkCredential(settings, { kind }, credential)).not.toThrow();
  });

  test.each([
    ['discord', 'SECRET', /no URL/],
    ['discord', 'https://evil.example/api/webhooks/1/SECRET', /allowed: https:\/\/discord\.com/],
    ['discord', `${DISCORD}?wait=true`, /must end in/],
    ['mail', 'https://me:SECRET@mail.example.com', /SMTP URL/],
    ['mail', 'smtps://me:SECRET@mail.example.com', /port is 465, but only alertRouter\.mail\.port/],
    ['webhook', 'https://example.com/SECRET', /two lines/],
    ['webhook', 'https://example.com:8443/\nSECRET-SECRET-SECRET', /port is 8443/],
  ] as const)('of %s are refused, and not repeated: %s', (kind, credential, message) => {
    let error: unknown;
    try {
      checkCredential(settings, { kind }, credential);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain('SECRET');
  });

  describe('in the cluster', () => {
    const PATH = '/api/v1/namespaces/monitoring/secrets/alert-router-destinations';
    const api = fakeApi();

    test('one key is changed, and the others are neither read nor sent', async () => {
      api.server.put(PATH, { metadata: { name: 'alert-router-destinations' } });
      const bodies: unknown[] = [];
      api.server.intercept = (request, body) => {
        if (request.startsWith('PATCH')) bodies.push(JSON.parse(body));
        return undefined;
      };
      await store(api.client, 'general', DISCORD);
      await store(api.client, 'general', null);
      expect(bodies).toEqual([
        { data: { general: Buffer.from(DISCORD).toString('base64') } },
        { data: { general: null } },
      ]);
      expect(api.server.writes).toEqual([`PATCH ${PATH}`, `PATCH ${PATH}`]);
    });

    test('before anything is installed it says so', async () => {
      await expect(store(api.client, 'general', DISCORD)).rejects.toThrow(
        'Secret monitoring/alert-router-destinations does not exist; run `npx vigil up` first',
      );
      expect(api.server.writes).toEqual([]);
    });
  });
});
