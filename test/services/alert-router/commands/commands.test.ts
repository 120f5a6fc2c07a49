import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { RouterConfig } from '../../../../constructs/alert-router/router-config';
import { FakeDiscord } from '../../../../fakes/discord';
import { FakeMailbox } from '../../../../fakes/mailbox';
import { runCommand } from '../../../../services/alert-router/src/commands/program';

let folder: string;
let discord: FakeDiscord;
let mailbox: FakeMailbox;
let receiver: Server;
let received: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-commands-'));
  mkdirSync(join(folder, 'credentials'));
  discord = new FakeDiscord({ channels: ['general', 'node'] });
  mailbox = new FakeMailbox();
  received = [];
  receiver = createServer((request, response) => {
    received.push(request.url ?? '');
    response.end();
  });
  await Promise.all([
    discord.listen(),
    mailbox.listen(),
    new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve)),
  ]);
  configure();
});

afterEach(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await Promise.all([discord.close(), mailbox.close()]);
  rmSync(folder, { recursive: true });
});

function configure(more: object = {}): void {
  const config: RouterConfig = {
    version: 1,
    destinations: {
      general: { kind: 'discord', origins: [discord.origin] },
      node: { kind: 'discord', origins: [discord.origin] },
      mail: { kind: 'mail', from: 'vigil@example.com', to: ['oncall@example.com'] },
      pager: { kind: 'webhook' },
    },
    route: {
      destinations: ['general'],
      routes: [
        { matchers: ['severity="critical"'], destinations: ['mail'], continue: true },
        { matchers: ['category="node"'], destinations: ['node'] },
      ],
    },
    clients: { webhook: [], metrics: [], people: [] },
    alertmanagers: [],
    notificationDelaySeconds: 35,
    heartbeatTimeoutSeconds: 180,
    reminderSeconds: 3600,
    links: {},
    ...more,
  };
  writeFileSync(join(folder, 'router.json'), JSON.stringify(config));
}

const connect = (name: string, credential: string): void =>
  writeFileSync(join(folder, 'credentials', name), `${credential}\n`);

function connectAll(): void {
  connect('general', discord.webhookUrl('general'));
  connect('node', discord.webhookUrl('node'));
  connect('mail', mailbox.url);
  const { port } = receiver.address() as AddressInfo;
  connect('pager', `http://127.0.0.1:${port}/hook\nSECRET-SECRET-SECRET`);
}

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await runCommand(args, {
    env: {
      ROUTER_CONFIG_FILE: join(folder, 'router.json'),
      ROUTER_CREDENTIALS: join(folder, 'credentials'),
    },
    write: (text) => (out += text),
    complain: (text) => (err += text),
    signal: new AbortController().signal,
  });
  return { code, out, err };
}

describe('check', () => {
  test('asks every destination, and sends nothing', async () => {
    connectAll();
    expect(await run('check')).toEqual({
      code: 0,
      out: [
        'general: ready',
        'node: ready',
        'mail: ready',
        'pager: well-formed; it can be asked only by sending',
        '',
      ].join('\n'),
      err: '',
    });
    expect(discord.calls.map(({ method }) => method)).toEqual(['GET', 'GET']);
    expect(discord.messages).toEqual([]);
    expect(mailbox.mails).toEqual([]);
    expect(received).toEqual([]);
  });

  test('what is parked is said, and is no fault', async () => {
    const { code, out } = await run('check');
    expect(out).toContain('general: parked: no credential\n');
    expect(code).toBe(0);
  });

  test('a deleted webhook and a server that is away are faults, and no secret is told', async () => {
    connectAll();
    discord.breakWith({ faults: [{ kind: 'webhookDeleted' }], channel: 'node' });
    await mailbox.refuse();
    const { code, out } = await run('check');
    expect(code).toBe(1);
    expect(out).toContain('general: ready\n');
    expect(out).toMatch(/^node: gone or forbidden: Discord answered 404/m);
    expect(out).toMatch(/^mail: not now: the mail server did not answer: .*ECONNREFUSED/m);
    expect(out).not.toContain(new URL(discord.webhookUrl('node')).pathname.split('/').at(-1));
  });

  test.each([
    ['{', /router\.json: not JSON/],
    ['{}', /router\.json: version: /],
  ])('a configuration that is %s is one line, and exit code 2', async (text, message) => {
    writeFileSync(join(folder, 'router.json'), text);
    const { code, out, err } = await run('check');
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(message);
    expect(err).toMatch(/^alert-router: [^\n]+\n$/);
  });
});

describe('route', () => {
  test('explains which routes took the alert', async () => {
    const { code, out } = await run(
      'route',
      '--label',
      'severity=critical',
      '--label',
      'category=node',
    );
    expect(code).toBe(0);
    expect(out).toBe(
      [
        'An alert with {severity="critical", category="node"}',
        '  is taken by severity="critical", for mail',
        '  is taken by category="node", for node',
        'and goes to mail, node.',
        '',
      ].join('\n'),
    );
  });

  test('names the default route when no other matches', async () => {
    const { out } = await run('route', '--label', 'category=log');
    expect(out).toContain('is taken by no route, so by the default one, for general\n');
  });

  test('a word that is no label is a mistake', async () => {
    const { code, err } = await run('route', '--label', 'critical');
    expect(code).toBe(2);
    expect(err).toContain("'critical' is invalid. Allowed: name=value");
  });
});

describe('preview', () => {
  const body = (count: number): string => {
    const alerts = Array.from({ length: count }, (_, index) => ({
      status: 'firing',
      labels: { alertname: 'NodeDown', severity: 'critical', category: 'node', node: `n${index}` },
      annotations: { summary: `Node n${index} is down` },
      startsAt: '2026-06-01T12:00:00Z',
      fingerprint: `f${index}`,
    }));
    const file = join(folder, 'body.json');
    writeFileSync(file, JSON.stringify({ version: '4', groupKey: 'g', alerts }));
    return file;
  };

  test('shows each message and its size against the limits, and sends nothing', async () => {
    connectAll();
    const { code, out } = await run('preview', '--body', body(1));
    expect(code).toBe(0);
    expect(out).toMatch(
      /^== mail \(\d+ bytes of text, \d+ bytes of HTML\)\nSubject: \[critical\]/m,
    );
    expect(out).toMatch(/^== node \(1 of 10 embeds, \d+ of 6000 characters\)\n\{$/m);
    expect(out).toContain('Node n0 is down');
    expect([...discord.messages, ...mailbox.mails, ...received]).toEqual([]);
  });

  test('shows as many messages as it takes, for destinations without a credential, too', async () => {
    const { out } = await run('preview', '--body', body(55));
    expect(out.match(/^== node /gm)?.length).toBeGreaterThan(3);
    for (let index = 0; index < 55; index += 1) expect(out).toContain(`Node n${index} is down`);
  });

  test.each([
    ['no JSON', 'x', /body\.json: the body is not JSON/],
    ['another version', '{"version":"3","alerts":[]}', /not of version "4"/],
  ])('a body that is %s is a mistake', async (_what, text, message) => {
    const file = body(0);
    writeFileSync(file, text);
    const { code, err } = await run('preview', '--body', file);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  test('a file that is not there is a mistake', async () => {
    const { code, err } = await run('preview', '--body', join(folder, 'none'));
    expect(code).toBe(2);
    expect(err).toMatch(/^alert-router: --body .*none: ENOENT[^\n]*\n$/);
  });
});

describe('send-test', () => {
  test('sends one message and says that it was taken', async () => {
    connectAll();
    for (const name of ['general', 'mail', 'pager']) {
      expect(await run('send-test', '--destination', name)).toEqual({
        code: 0,
        out: `${name}: delivered\n`,
        err: '',
      });
    }
    expect(discord.messagesIn('general')).toHaveLength(1);
    expect(mailbox.mails).toHaveLength(1);
    expect(mailbox.mails[0]?.parsed.text).toContain('This is a test');
    expect(received).toEqual(['/hook']);
  });

  test('goes where an alert like it would go', async () => {
    connectAll();
    expect((await run('send-test')).out).toBe('general: delivered\n');
  });

  test('one that cannot be sent is a failure, with the reason', async () => {
    expect(await run('send-test', '--destination', 'mail')).toMatchObject({
      code: 1,
      out: 'mail: not sent, it is parked: no credential\n',
    });
    connectAll();
    discord.breakWith({ faults: [{ kind: 'respond500' }] });
    const { code, out } = await run('send-test');
    expect(code).toBe(1);
    expect(out).toMatch(/^general: not delivered, not now: Discord answered 500/);
  });

  test('a destination that is not configured is a mistake', async () => {
    const { code, err } = await run('send-test', '--destination', 'mial');
    expect(code).toBe(2);
    expect(err).toBe(
      'alert-router: --destination mial: not configured; there are general, node, mail, pager\n',
    );
  });
});

test.each([
  [[], /name a command; see --help/],
  [['chekc'], /unknown command 'chekc' \(Did you mean check\?\)/],
  [['preview'], /required option '--body <file>' not specified/],
])('%j is a mistake', async (args, message) => {
  const { code, err } = await run(...args);
  expect(code).toBe(2);
  expect(err).toMatch(message);
  expect(err).toMatch(/^alert-router: [^\n]+\n$/);
});

test('the program runs them in place of serving', () => {
  const main = resolve(__dirname, '../../../../services/alert-router/src/main.ts');
  const env = { PATH: process.env.PATH, ROUTER_CONFIG_FILE: join(folder, 'router.json') };
  const run = (...args: string[]): [number | null, string, string] => {
    const all = ['--import', 'tsx', main, ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, all, { env, encoding: 'utf8' });
    return [status, stdout, stderr];
  };
  expect(run('route')).toEqual([0, expect.stringMatching(/and goes to general\.\n$/), '']);
  expect(run('rout')).toEqual([2, '', expect.stringContaining('Did you mean route?')]);
}, 60_000);

test('--help names every command', async () => {
  const { code, out } = await run('--help');
  expect(code).toBe(0);
  for (const name of ['check', 'route', 'preview', 'send-test']) expect(out).toContain(`  ${name}`);
});
