import { rmSync, writeFileSync } from 'node:fs';
import { hashPassword, Users } from '../../../services/sample-app/src/users';
import { systemClock } from '../../../services/shared/clock';
import type { TlsMaterial } from '../../../services/shared/tls-server';
import { TlsAuthority } from '../../support/tls-authority';
import { AppFiles, TestApp, USER } from './support';

const MANY = { attempts: 1000, windowMs: 60_000 };
const WRONG = { ...USER, password: 'wrong' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

let leaf: TlsMaterial;
let prometheus: TlsMaterial;
let app: TestApp;

beforeAll(async () => {
  const authority = await TlsAuthority.create();
  leaf = await authority.issue('sample-app');
  prometheus = await authority.issue('prometheus');
  app = await TestApp.start(leaf, {}, MANY);
}, 60_000);
afterAll(() => app.stop());

describe('the right password', () => {
  test('as JSON', async () => {
    const headers = { 'x-request-id': 'right-1', 'user-agent': 'curl/8' };
    const { status, text } = await app.login(USER, {}, headers);
    expect([status, JSON.parse(text)]).toEqual([200, { status: 'logged in' }]);
    const [line] = app.said('Login succeeded');
    expect(line).toMatchObject({
      level: 'INFO',
      user: 'ada',
      client: '127.0.0.1',
      userAgent: 'curl/8',
      requestId: 'right-1',
    });
  });

  test('as a form', async () => {
    const body = new URLSearchParams(USER).toString();
    const { status, text } = await app.get('/login', { method: 'POST', headers: FORM }, body);
    expect(status).toBe(200);
    expect(text).toContain('<h1>Logged in</h1>');
  });
});

describe('a wrong password', () => {
  test('is 401, and a WARNING with who, whence and which', async () => {
    const headers = { 'x-request-id': 'wrong-1', 'user-agent': 'curl/8' };
    const { status, text } = await app.login(WRONG, {}, headers);
    expect(status).toBe(401);
    expect(JSON.parse(text)).toEqual({
      error: 'Wrong user name or password',
      requestId: 'wrong-1',
    });
    const [line] = app.said('Failed login attempt');
    expect(line).toEqual({
      level: 'WARNING',
      time: expect.any(String) as string,
      service: 'sample-app',
      requestId: 'wrong-1',
      user: 'ada',
      client: '127.0.0.1',
      userAgent: 'curl/8',
      outcome: 'failed',
      msg: 'Failed login attempt',
    });
  });

  test('in a form is a page', async () => {
    const headers = { ...FORM, accept: 'text/html' };
    const body = 'username=ada&password=wrong';
    const { status, text } = await app.get('/login', { method: 'POST', headers }, body);
    expect(status).toBe(401);
    expect(text).toContain('<h1>Wrong user name or password</h1>');
  });

  test.each(['nobody', '', '__proto__', 'constructor', 'ada\0'])(
    'so is the name %j that nobody has',
    async (username) => {
      expect((await app.login({ username, password: USER.password })).status).toBe(401);
    },
  );

  test('a name cannot write lines of its own, nor long ones', async () => {
    const before = app.output.length;
    const forged = '\r\n{"level":"INFO","msg":"Login succeeded"}\u2028\u202e\u001b[31m';
    const id = { 'x-request-id': 'forged-1' };
    const { headers } = await app.login(
      { username: `eve${forged}${'x'.repeat(5000)}`, password: 'x' },
      {},
      id,
    );
    await app.access('forged-1');
    expect(headers['x-request-id']).toBe('forged-1');
    const added = app.output.slice(before);
    expect(added).toHaveLength(2);
    for (const line of added) expect(line.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
    const line = app.said('Failed login attempt').at(-1);
    expect(line?.user).toHaveLength(64);
    expect(line?.user).toMatch(/^eve\{"level":"INFO","msg":"Login succeeded"\}\[31mx+$/);
  });
});

describe('brute force', () => {
  let limited: TestApp;
  beforeAll(async () => {
    limited = await TestApp.start(leaf, {}, { attempts: 5, windowMs: 4_000 });
  });
  afterAll(() => limited.stop());

  test('30 failures are 30 lines with user and address, of which 5 cost a hash', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => limited.login(WRONG)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(25);
    for (const { headers } of refused) {
      expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(Number(headers['retry-after'])).toBeLessThanOrEqual(4);
    }
    const lines = limited.said('Failed login attempt');
    expect(lines).toHaveLength(30);
    for (const line of lines) {
      expect(line).toMatchObject({ level: 'WARNING', user: 'ada', client: '127.0.0.1' });
    }
    expect(lines.filter(({ outcome }) => outcome === 'rate_limited')).toHaveLength(25);
    expect(new Set(lines.map(({ requestId }) => requestId)).size).toBe(30);
    expect(limited.said('Login rate limited')).toEqual([
      expect.objectContaining({ level: 'WARNING', client: '127.0.0.1' }),
    ]);
    const { text } = await limited.scrape(prometheus);
    expect(text).toContain('login_attempts_total{outcome="failed"} 5\n');
    expect(text).toContain('login_attempts_total{outcome="rate_limited"} 25\n');
  }, 20_000);

  test('the right password does not help until the window ends; others are not held up', async () => {
    expect((await limited.login(USER)).status).toBe(429);
    expect((await limited.login(USER, { localAddress: '127.0.0.2' })).status).toBe(200);
    await systemClock.sleep(4_000);
    expect((await limited.login(USER)).status).toBe(200);
  }, 20_000);

  test('a claimed address does not help', async () => {
    const claims = Array.from({ length: 8 }, (_, index) =>
      limited.login(WRONG, { localAddress: '127.0.0.3' }, { 'x-forwarded-for': `10.0.0.${index}` }),
    );
    const statuses = (await Promise.all(claims)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(3);
  }, 20_000);
});

describe('users', () => {
  const files = new AppFiles();
  beforeAll(() => files.writeUser());
  afterAll(() => files.remove());

  test('an unknown name takes as long as a known one', async () => {
    const users = new Users(files.users);
    const time = async (name: string): Promise<number> => {
      const since = performance.now();
      expect(await users.verify(name, 'wrong')).toBe('wrong');
      return performance.now() - since;
    };
    await time('warm-up');
    const known: number[] = [];
    const unknown: number[] = [];
    for (let round = 0; round < 9; round += 1) {
      known.push(await time(USER.username));
      unknown.push(await time('nobody'));
    }
    const ratio = median(unknown) / median(known);
    expect(ratio).toBeGreaterThan(0.6);
    expect(ratio).toBeLessThan(1.6);
  }, 30_000);

  test('a flood waits in a line that has an end', async () => {
    const users = new Users(files.users);
    const verdicts = await Promise.all(
      Array.from({ length: 20 }, () => users.verify(USER.username, USER.password)),
    );
    expect(verdicts.filter((one) => one === 'right')).toHaveLength(16);
    expect(verdicts.filter((one) => one === 'busy')).toHaveLength(4);
    expect(await users.verify(USER.username, USER.password)).toBe('right');
  }, 30_000);

  test('a changed file counts at the next attempt, a missing one lets nobody in', async () => {
    const users = new Users(files.users);
    writeFileSync(files.users, JSON.stringify({ bob: await hashPassword('builder') }));
    expect(await users.verify('bob', 'builder')).toBe('right');
    expect(await users.verify(USER.username, USER.password)).toBe('wrong');
    rmSync(files.users);
    expect(await users.verify('bob', 'builder')).toBe('wrong');
    expect(await new Users().verify('bob', 'builder')).toBe('wrong');
  });

  test('one salt for each', async () => {
    expect(await hashPassword('same')).not.toBe(await hashPassword('same'));
  });

  test.each([
    ['no JSON', 'ada: plain-secret', /users.json: not JSON$/],
    ['no object', '[]', /users.json: .*expected record/],
    ['a plain password', '{"ada":"plain-secret"}', /ada: not of the form scrypt/],
  ])('%s is refused, and not quoted', async (_what, text, message) => {
    writeFileSync(files.users, text);
    const loading = new Users(files.users).load();
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.not.toThrow(/plain-secret/);
  });

  test('a file that breaks later is 500 and an ERROR, not a way in', async () => {
    writeFileSync(app.files.users, '{');
    expect((await app.login(USER)).status).toBe(500);
    expect(app.lines.filter(({ level }) => level === 'ERROR')).toHaveLength(1);
    await app.files.writeUser();
    expect((await app.login(USER)).status).toBe(200);
  });

  test('that there are none is said at the start', async () => {
    const empty = await TestApp.start(leaf, { USERS_FILE: '/nowhere/users.json' });
    expect(empty.said('there are no users: nobody can log in')).toHaveLength(1);
    expect((await empty.login(USER)).status).toBe(401);
    await empty.stop();
  });
});

test('no password was written down', () => {
  expect(app.said('Login succeeded').length).toBeGreaterThan(1);
  expect(app.output.join('')).not.toContain(USER.password);
});

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}
