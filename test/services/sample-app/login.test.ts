import { rmSync } from 'node:fs';
import { User } from '../../../services/sample-app/src/users';
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

describe('the user', () => {
  const files = new AppFiles();
  beforeAll(() => files.writePassword());
  afterAll(() => files.remove());

  const newUser = (): User => new User({ name: USER.username, passwordFile: files.password });

  test('an unknown name takes as long as a known one', async () => {
    const user = newUser();
    const time = async (name: string): Promise<number> => {
      const since = performance.now();
      expect(await user.verify(name, 'wrong')).toBe('wrong');
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
    const user = newUser();
    const verdicts = await Promise.all(
      Array.from({ length: 20 }, () => user.verify(USER.username, USER.password)),
    );
    expect(verdicts.filter((one) => one === 'right')).toHaveLength(16);
    expect(verdicts.filter((one) => one === 'busy')).toHaveLength(4);
    expect(await user.verify(USER.username, USER.password)).toBe('right');
  }, 30_000);

  test('a changed file counts at the next attempt, a missing one lets nobody in', async () => {
    const user = newUser();
    files.writePassword('builder');
    expect(await user.verify(USER.username, 'builder')).toBe('right');
    expect(await user.verify(USER.username, USER.password)).toBe('wrong');
    rmSync(files.password);
    expect(await user.verify(USER.username, 'builder')).toBe('wrong');
    expect(await new User({ name: USER.username }).verify(USER.username, '')).toBe('wrong');
  });

  test('a line end after the password is not part of it', async () => {
    files.writePassword('builder\n');
    expect(await newUser().verify(USER.username, 'builder')).toBe('right');
  });

  test('one salt for each', async () => {
    files.writePassword('same');
    const [one, other] = await Promise.all([newUser().load(), newUser().load()]);
    expect(one?.hash).toHaveLength(32);
    expect(one?.hash).not.toEqual(other?.hash);
  });

  test.each(['', '\n'])('an empty password (%j) is none', async (text) => {
    files.writePassword(text);
    await expect(newUser().load()).rejects.toThrow(/password: no password in it$/);
  });

  test('a file that breaks later is 500 and an ERROR, not a way in', async () => {
    app.files.writePassword('');
    expect((await app.login(USER)).status).toBe(500);
    expect(app.lines.filter(({ level }) => level === 'ERROR')).toHaveLength(1);
    app.files.writePassword();
    expect((await app.login(USER)).status).toBe(200);
  });

  test('that there is no password is said at the start', async () => {
    const empty = await TestApp.start(leaf, { PASSWORD_FILE: '/nowhere/password' });
    expect(empty.said('there is no password: nobody can log in')).toHaveLength(1);
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
