import { once } from 'node:events';
import { FakeDiscord, type FakeDiscordOptions, pingsOf, visibleEmbeds } from '../../fakes/discord';
import { selfSigned } from '../../fakes/self-signed';
import { TestClock } from '../support/test-clock';

const started: FakeDiscord[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((discord) => discord.close()));
});

async function start(options: Partial<FakeDiscordOptions> = {}): Promise<FakeDiscord> {
  const discord = new FakeDiscord({ channels: ['node', 'nginx'], ...options });
  await discord.listen();
  started.push(discord);
  return discord;
}

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

async function call(url: string, method: string, payload?: unknown): Promise<Reply> {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', 'user-agent': 'DiscordBot (test, 1)' },
    body,
    signal: AbortSignal.timeout(5000),
  });
  const text = await response.text();
  const json = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, headers: response.headers, text, json };
}

const post = (url: string, payload: unknown): Promise<Reply> => call(url, 'POST', payload);
const hello = { content: 'hello' };

describe('webhooks', () => {
  test('with wait the message comes back; without, nothing does', async () => {
    const discord = await start();
    const url = discord.webhookUrl('node');
    const waited = await post(`${url}?wait=true`, { embeds: [{ title: 'down' }] });
    expect(waited.status).toBe(200);
    expect(waited.json).toMatchObject({
      embeds: [{ title: 'down' }],
      webhook_id: expect.any(String) as string,
    });
    expect(discord.messages.map(({ id }) => id)).toEqual([waited.json.id]);
    const silent = await post(url, hello);
    expect([silent.status, silent.text]).toEqual([204, '']);
    expect(discord.messagesIn('node')).toHaveLength(2);
    expect(discord.messagesIn('nginx')).toHaveLength(0);
    expect(discord.calls).toMatchObject([
      { channel: 'node', method: 'POST', status: 200, userAgent: 'DiscordBot (test, 1)' },
      { channel: 'node', method: 'POST', status: 204 },
    ]);
  });

  test('GET describes the webhook, under a versioned path too', async () => {
    const discord = await start();
    const url = discord.webhookUrl('node');
    const plain = await call(url, 'GET');
    expect(plain.json).toMatchObject({
      type: 1,
      channel_id: expect.stringMatching(/^\d{17,}$/) as string,
    });
    const versioned = await call(url.replace('/api/', '/api/v10/'), 'GET');
    expect(versioned.json).toEqual(plain.json);
  });

  test('PATCH edits a message, and knows which ones exist', async () => {
    const discord = await start();
    const url = discord.webhookUrl('node');
    const { json } = await post(`${url}?wait=true`, { content: 'fires', embeds: [{ title: 'a' }] });
    const edited = await call(`${url}/messages/${String(json.id)}`, 'PATCH', {
      content: 'resolved',
    });
    expect(edited.json).toMatchObject({
      id: json.id,
      content: 'resolved',
      embeds: [{ title: 'a' }],
    });
    expect(discord.messages).toMatchObject([{ edits: 1, payload: { content: 'resolved' } }]);
    expect(await call(`${url}/messages/1`, 'PATCH', hello)).toMatchObject({
      status: 404,
      json: { code: 10008 },
    });
    const elsewhere = `${discord.webhookUrl('nginx')}/messages/${String(json.id)}`;
    expect(await call(elsewhere, 'PATCH', hello)).toMatchObject({ json: { code: 10008 } });
  });

  test('strangers are told what they are', async () => {
    const discord = await start();
    const url = discord.webhookUrl('node');
    expect(await post(`${url}x`, hello)).toMatchObject({ status: 401, json: { code: 50027 } });
    expect(await post(url.replace(/webhooks\/\d+/, 'webhooks/1'), hello)).toMatchObject({
      status: 404,
      json: { code: 10015 },
    });
    expect(await post(`${discord.origin}/elsewhere`, hello)).toMatchObject({ status: 404 });
    expect(await call(url, 'PUT', hello)).toMatchObject({ status: 405 });
    expect(() => discord.webhookUrl('none')).toThrow('no channel none; there are node, nginx');
  });

  test('over TLS, under another name', async () => {
    const { certificate, key } = selfSigned();
    const discord = await start({ tls: { cert: certificate, key }, publicHost: 'localhost' });
    expect(discord.webhookUrl('node')).toMatch(/^https:\/\/localhost:\d+\/api\/webhooks\//);
    await expect(fetch(discord.webhookUrl('node'))).rejects.toMatchObject({
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
  });

  test('events tell of each message and call', async () => {
    const discord = await start();
    const told = once(discord, 'message');
    await post(discord.webhookUrl('nginx'), hello);
    expect(await told).toMatchObject([{ channel: 'nginx', payload: hello }]);
  });

  test('a message that was there before is a duplicate; the same in another channel is none', async () => {
    const discord = await start();
    await post(discord.webhookUrl('node'), hello);
    await post(discord.webhookUrl('nginx'), hello);
    expect(discord.duplicates).toHaveLength(0);
    await post(discord.webhookUrl('node'), hello);
    expect(discord.duplicates).toMatchObject([{ channel: 'node' }]);
  });
});

describe('payloads', () => {
  const limits = { webhook: { calls: 1000, ms: 1 }, channel: { calls: 1000, ms: 1 } };
  const x = (length: number): string => 'x'.repeat(length);
  const field = (name: unknown, value: unknown): unknown => ({
    embeds: [{ fields: [{ name, value }] }],
  });
  const many = (count: number, one: unknown): unknown[] => Array.from({ length: count }, () => one);
  /** Path in the error, what passes just so, what is refused. */
  const rules: [string, unknown, unknown][] = [
    ['content', { content: ` ${x(2000)} ` }, { content: x(2001) }],
    ['username', { ...hello, username: x(80) }, { ...hello, username: x(81) }],
    ['username', { ...hello, username: 'Vigil' }, { ...hello, username: 'my Discord' }],
    ['username', { ...hello, username: 'Vigil' }, { ...hello, username: 'CLYDE' }],
    ['embeds', { embeds: many(10, { title: 'a' }) }, { embeds: many(11, { title: 'a' }) }],
    ['embeds', { embeds: [{ title: 'a' }] }, { embeds: 'a' }],
    ['embeds.0', { embeds: [{ title: 'a' }] }, { embeds: ['a'] }],
    ['embeds.0.title', { embeds: [{ title: x(256) }] }, { embeds: [{ title: x(257) }] }],
    ['embeds.0.title', { embeds: [{ title: 'a' }] }, { embeds: [{ title: 5 }] }],
    [
      'embeds.0.description',
      { embeds: [{ description: x(4096) }] },
      { embeds: [{ description: x(4097) }] },
    ],
    [
      'embeds.0.footer.text',
      { embeds: [{ footer: { text: x(2048) } }] },
      { embeds: [{ footer: { text: x(2049) } }] },
    ],
    [
      'embeds.0.author.name',
      { embeds: [{ author: { name: x(256) } }] },
      { embeds: [{ author: { name: x(257) } }] },
    ],
    [
      'embeds.0.author.name',
      { embeds: [{ author: { name: 'a' } }] },
      { embeds: [{ title: 'a', author: {} }] },
    ],
    [
      'embeds.0.fields',
      { embeds: [{ fields: many(25, { name: 'a', value: 'b' }) }] },
      { embeds: [{ fields: many(26, { name: 'a', value: 'b' }) }] },
    ],
    ['embeds.0.fields.0.name', field(x(256), 'b'), field(x(257), 'b')],
    ['embeds.0.fields.0.name', field('a', 'b'), field('  ', 'b')],
    ['embeds.0.fields.0.value', field('a', x(1024)), field('a', x(1025))],
    ['embeds.0.fields.0.value', field('a', '\u200b'), field('a', '')],
    [
      'embeds.0.url',
      { embeds: [{ title: 'a', url: 'https://a.example' }] },
      { embeds: [{ title: 'a', url: 'ftp://a.example' }] },
    ],
    [
      'embeds.0.url',
      { embeds: [{ title: 'a', url: 'http://a.example' }] },
      { embeds: [{ title: 'a', url: '/runbook' }] },
    ],
    [
      'embeds.0.color',
      { embeds: [{ title: 'a', color: 0xffffff }] },
      { embeds: [{ title: 'a', color: 0x1000000 }] },
    ],
    [
      'embeds.0.timestamp',
      { embeds: [{ title: 'a', timestamp: '2026-06-01T12:00:00Z' }] },
      { embeds: [{ title: 'a', timestamp: 'now' }] },
    ],
    [
      'embeds',
      { embeds: [{ description: x(4096) }, { description: x(1904) }] },
      { embeds: [{ description: x(4096) }, { description: x(1905) }] },
    ],
    [
      'embeds',
      { embeds: [{ description: x(4096), title: x(4), footer: { text: x(1900) } }] },
      { embeds: [{ description: x(4096), title: x(5), footer: { text: x(1900) } }] },
    ],
    [
      'allowed_mentions.parse',
      { ...hello, allowed_mentions: { parse: ['users'] } },
      { ...hello, allowed_mentions: { parse: ['all'] } },
    ],
    [
      'allowed_mentions',
      { ...hello, allowed_mentions: { users: ['1'] } },
      { ...hello, allowed_mentions: { parse: ['users'], users: ['1'] } },
    ],
    [
      'allowed_mentions.users',
      { ...hello, allowed_mentions: { users: many(100, '1') } },
      { ...hello, allowed_mentions: { users: many(101, '1') } },
    ],
  ];

  test.each(rules)('%s is judged at its limit', async (path, good, bad) => {
    const discord = await start({ limits });
    const url = discord.webhookUrl('node').replace('/api/', '/api/v10/');
    expect(await post(url, good)).toMatchObject({ status: 204 });
    const refused = await post(url, bad);
    expect(refused).toMatchObject({ status: 400, json: { code: 50035 } });
    const { errors } = refused.json as { errors: unknown };
    const found = path
      .split('.')
      .reduce((level, step) => (level as Record<string, unknown>)[step], errors);
    expect(found).toMatchObject({
      _errors: [{ code: expect.any(String) as string, message: expect.any(String) as string }],
    });
    expect(discord.messages).toHaveLength(1);
  });

  test('without a version in the path, embeds are named by index only', async () => {
    const discord = await start();
    const url = discord.webhookUrl('node');
    const bad = { content: x(2001), embeds: [{ title: 'fine' }, { title: x(257), color: -1 }] };
    expect((await post(url, bad)).json).toEqual({
      content: ['Must be 2000 or fewer in length.'],
      embeds: ['1'],
    });
  });

  test.each([
    ['nothing', {}, 50006],
    ['blanks', { content: ' \n' }, 50006],
    ['empty embeds', { embeds: [{}] }, 50006],
    ['no JSON', '{', 50109],
  ])('%s cannot be sent', async (_name, payload, code) => {
    const discord = await start();
    const url = discord.webhookUrl('node');
    expect(await post(url, payload)).toMatchObject({ status: 400, json: { code } });
  });

  test('no JSON header, no message', async () => {
    const discord = await start();
    const response = await fetch(discord.webhookUrl('node'), {
      method: 'POST',
      body: '{"content":"a"}',
    });
    expect(response.status).toBe(400);
    expect(discord.messages).toHaveLength(0);
  });

  test('of embeds with one url only the first is seen', () => {
    const embeds = [
      { title: 'a', url: 'https://x.example' },
      { title: 'b', url: 'https://x.example' },
      { title: 'c' },
      { title: 'd' },
    ];
    expect(visibleEmbeds({ embeds }).map(({ title }) => title)).toEqual(['a', 'c', 'd']);
  });

  test('a message pings whom it may', () => {
    const content = '@everyone <@1> <@!2> <@&3> @here';
    expect(pingsOf({ content })).toEqual(['<@1>', '<@!2>']);
    expect(pingsOf({ content, allowed_mentions: { parse: [] } })).toEqual([]);
    const allowed_mentions = { parse: ['everyone' as never], users: ['2'], roles: ['3'] };
    expect(pingsOf({ content, allowed_mentions })).toEqual([
      '@everyone',
      '<@!2>',
      '<@&3>',
      '@here',
    ]);
    expect(pingsOf({ embeds: [{ title: '<@1>' }] })).toEqual([]);
  });
});

describe('rate limits', () => {
  /** Sends as many, and gives their status codes. */
  async function burst(url: string, count: number): Promise<number[]> {
    const codes: number[] = [];
    for (let i = 0; i < count; i += 1) codes.push((await post(url, hello)).status);
    return codes;
  }

  test('five calls in two seconds for each webhook, counted down in the headers', async () => {
    const clock = new TestClock();
    const discord = await start({ clock });
    const url = discord.webhookUrl('node');
    const first = await post(url, hello);
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'x-ratelimit-limit': '5',
      'x-ratelimit-remaining': '4',
      'x-ratelimit-reset': String(clock.now().getTime() / 1000 + 2) + '.000',
      'x-ratelimit-reset-after': '2.000',
      'x-ratelimit-bucket': expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    });
    clock.advance(0.5);
    expect(await burst(url, 4)).toEqual([204, 204, 204, 204]);
    const refused = await post(url, hello);
    expect(refused).toMatchObject({ status: 429, json: { retry_after: 1.5, global: false } });
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'x-ratelimit-scope': 'user',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset-after': '1.500',
      'retry-after': '2',
    });
    expect((await post(discord.webhookUrl('nginx'), hello)).status).toBe(204);
    clock.advance(1.5);
    expect((await post(url, hello)).headers.get('x-ratelimit-remaining')).toBe('4');
    expect(discord.rateLimitedCalls).toBe(1);
  });

  test('thirty messages a minute for each channel, which no header tells before', async () => {
    const clock = new TestClock();
    const discord = await start({ clock });
    const url = discord.webhookUrl('node');
    for (let i = 0; i < 6; i += 1) {
      expect(await burst(url, 5)).toEqual([204, 204, 204, 204, 204]);
      clock.advance(2);
    }
    const refused = await post(url, hello);
    expect(refused).toMatchObject({ status: 429, json: { retry_after: 48, global: false } });
    expect(refused.headers.get('x-ratelimit-scope')).toBe('shared');
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('5');
    expect((await call(url, 'GET')).status).toBe(200);
    clock.advance(48);
    expect((await post(url, hello)).status).toBe(204);
  });

  test('fifty calls a second in all', async () => {
    const discord = await start({ clock: new TestClock() });
    const url = `${discord.origin}/elsewhere`;
    for (let i = 0; i < 50; i += 1) expect((await call(url, 'GET')).status).toBe(404);
    const refused = await post(discord.webhookUrl('node'), hello);
    expect(refused).toMatchObject({ status: 429, json: { retry_after: 1, global: true } });
    expect(refused.headers.get('x-ratelimit-global')).toBe('true');
    expect(refused.headers.get('x-ratelimit-scope')).toBe('global');
  });

  test('who goes on in spite of 401, 403 and 429 is banned: no headers, no JSON', async () => {
    const clock = new TestClock();
    const discord = await start({ clock, limits: { invalid: { calls: 4, ms: 600_000 } } });
    const url = discord.webhookUrl('node');
    await burst(url, 7);
    await post(`${url}x`, hello);
    expect(await post(url, hello)).toMatchObject({ status: 429, json: { global: false } });
    const banned = await post(discord.webhookUrl('nginx'), hello);
    expect(banned).toMatchObject({ status: 429, text: expect.stringContaining('1015') as string });
    const names = [...banned.headers.keys()];
    expect(names.filter((name) => /ratelimit|retry/.test(name))).toEqual([]);
    expect(banned.headers.get('content-type')).toContain('text/html');
    clock.advance(600);
    expect((await post(url, hello)).status).toBe(204);
  });

  test('a shared 429 is not held against its caller', async () => {
    const clock = new TestClock();
    const limits = { channel: { calls: 1, ms: 60_000 }, invalid: { calls: 1, ms: 600_000 } };
    const discord = await start({ clock, limits });
    expect(await burst(discord.webhookUrl('node'), 3)).toEqual([204, 429, 429]);
    expect(await burst(discord.webhookUrl('nginx'), 1)).toEqual([204]);
  });
});

describe('faults', () => {
  test.each([500, 502, 503] as const)('%d, and nothing is kept', async (status) => {
    const discord = await start();
    discord.breakWith({ faults: [{ kind: 'respond500', status }] });
    expect((await post(discord.webhookUrl('node'), hello)).status).toBe(status);
    expect(discord.messages).toHaveLength(0);
    discord.heal();
    expect((await post(discord.webhookUrl('node'), hello)).status).toBe(204);
  });

  test.each(['user', 'shared', 'global'] as const)('429 of scope %s', async (scope) => {
    const discord = await start();
    discord.breakWith({ faults: [{ kind: 'respond429', scope, retryAfterMs: 2500 }] });
    const refused = await post(discord.webhookUrl('node'), hello);
    expect(refused).toMatchObject({
      status: 429,
      json: { retry_after: 2.5, global: scope === 'global' },
    });
    expect(refused.headers.get('x-ratelimit-scope')).toBe(scope);
    expect(refused.headers.get('retry-after')).toBe('3');
    expect(discord.messages).toHaveLength(0);
  });

  test('a ban out of the blue', async () => {
    const discord = await start();
    discord.breakWith({ faults: [{ kind: 'respondBanned' }] });
    const banned = await post(discord.webhookUrl('node'), hello);
    expect(banned).toMatchObject({ status: 429, text: expect.stringContaining('1015') as string });
    expect(banned.headers.get('retry-after')).toBeNull();
  });

  test('the webhook of one channel is gone, the others are there', async () => {
    const discord = await start();
    discord.breakWith({ faults: [{ kind: 'webhookDeleted' }], channel: 'node' });
    expect(await post(discord.webhookUrl('node'), hello)).toMatchObject({
      status: 404,
      json: { code: 10015 },
    });
    expect((await post(discord.webhookUrl('nginx'), hello)).status).toBe(204);
  });

  test('it hangs: no answer, nothing kept, and closing does not wait for it', async () => {
    const discord = await start();
    discord.breakWith({ faults: [{ kind: 'hang' }] });
    const seen = once(discord, 'call');
    const hanging = post(discord.webhookUrl('node'), hello);
    hanging.catch(() => undefined);
    expect(await seen).toMatchObject([{ channel: 'node', status: undefined }]);
    await discord.close();
    await expect(hanging).rejects.toThrow('fetch failed');
    expect(discord.messages).toHaveLength(0);
  });

  test('the message is kept, and its sender never hears of it', async () => {
    const discord = await start();
    discord.breakWith({ faults: [{ kind: 'resetAfterAccept' }] });
    await expect(post(discord.webhookUrl('node'), hello)).rejects.toThrow('fetch failed');
    expect(discord.messages).toMatchObject([{ payload: hello }]);
    expect(discord.calls).toMatchObject([{ status: undefined }]);
  });

  test('it refuses connections, and comes back on the same port', async () => {
    const discord = await start();
    const url = discord.webhookUrl('node');
    await discord.refuse();
    await expect(post(url, hello)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await discord.listen();
    expect(discord.webhookUrl('node')).toBe(url);
    expect((await post(url, hello)).status).toBe(204);
  });

  test('an answer takes as long as it is told to', async () => {
    const discord = await start({ latencyMs: 80 });
    const before = performance.now();
    await post(discord.webhookUrl('node'), hello);
    expect(performance.now() - before).toBeGreaterThanOrEqual(79);
  });

  test('a share of the calls meets a fault, the same ones for the same seed', async () => {
    const limits = {
      webhook: { calls: 1000, ms: 1 },
      channel: { calls: 1000, ms: 1 },
      global: { calls: 1000, ms: 1 },
    };
    const codes = async (seed: number): Promise<number[]> => {
      const discord = await start({ seed, limits });
      discord.breakWith({
        faults: [{ kind: 'respond500' }, { kind: 'respond429', scope: 'shared' }],
        share: 0.3,
      });
      const list: number[] = [];
      for (let i = 0; i < 100; i += 1)
        list.push((await post(discord.webhookUrl('node'), hello)).status);
      return list;
    };
    const first = await codes(7);
    const failed = first.filter((status) => status !== 204);
    expect(failed.length).toBeGreaterThan(15);
    expect(failed.length).toBeLessThan(45);
    expect(new Set(failed)).toEqual(new Set([500, 429]));
    expect(await codes(7)).toEqual(first);
    expect(await codes(8)).not.toEqual(first);
  });
});
