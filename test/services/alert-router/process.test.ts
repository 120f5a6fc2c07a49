import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { buildServices } from '../../../services/build';
import type { TlsMaterial } from '../../../services/shared/tls-server';
import { TestAuthority } from './authority';
import { TestClient, webhookBody } from './client';
import { FakeDiscord } from '../../../fakes/discord';
import { imageFlags, BUNDLE, RouterFiles, RouterProcess, testConfig } from './router-process';
import { alertOf, temporaryFolder } from './support';

const WEBHOOK = '/api/v1/webhook';
const BAD_INPUT = 2;
const FAILED = 1;

let leaves: Record<'router' | 'alertmanager' | 'prometheus' | 'technician', TlsMaterial>;
beforeAll(async () => {
  await buildServices();
  const authority = await TestAuthority.create();
  leaves = {
    router: await authority.issue('alert-router'),
    alertmanager: await authority.issue('alertmanager'),
    prometheus: await authority.issue('prometheus'),
    technician: await authority.issue('technician'),
  };
}, 60_000);

let files: RouterFiles;
const processes: RouterProcess[] = [];
beforeEach(() => {
  files = new RouterFiles(temporaryFolder());
  files.writeConfig(testConfig());
  files.writeTls(leaves.router);
});
afterEach(() => Promise.all(processes.splice(0).map((one) => one.kill('SIGKILL'))));

const start = (environment: NodeJS.ProcessEnv = {}): Promise<RouterProcess> => {
  const started = new RouterProcess(files, imageFlags(), environment);
  processes.push(started);
  return started.listening();
};
const withClient = async <T>(
  { port }: RouterProcess,
  work: (alertmanager: TestClient, prometheus: TestClient) => Promise<T>,
): Promise<T> => {
  const both = [leaves.alertmanager, leaves.prometheus].map((one) => new TestClient(port, one));
  try {
    return await work(...(both as [TestClient, TestClient]));
  } finally {
    for (const one of both) one.close();
  }
};
const value = (text: string, series: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length),
  );

test('serves in little memory, ends well, and goes on where it was', async () => {
  const first = await start();
  await withClient(first, async (alertmanager, prometheus) => {
    const { body } = await prometheus.get('/metrics');
    expect(value(body, 'process_resident_memory_bytes') / 2 ** 20).toBeLessThan(90);
    expect((await alertmanager.post(WEBHOOK, webhookBody([alertOf('a')]))).status).toBe(200);
  });
  expect(await first.kill('SIGTERM')).toBe(0);
  expect(first.log.map(({ msg }) => msg)).toContain('shutting down');
  const second = await start();
  await withClient(second, async (alertmanager, prometheus) => {
    const { body } = await alertmanager.post(WEBHOOK, webhookBody([alertOf('a')]));
    expect(JSON.parse(body)).toEqual({ accepted: 0, unchanged: 1 });
    const pending = 'alert_router_outbox_rows{state="pending",destination="general"}';
    const scraped = (await prometheus.get('/metrics')).body;
    expect(value(scraped, pending)).toBe(1);
    expect(value(scraped, 'alert_router_destination_parked{destination="general"}')).toBe(1);
  });
}, 30_000);

test('a storm of 20,000 alerts and a body of 20 MiB fit into the memory that it has', async () => {
  const router = await start();
  await withClient(router, async (alertmanager, prometheus) => {
    const groups = Array.from({ length: 400 }, (_, group) =>
      Array.from({ length: 50 }, (_one, index) => alertOf(`${group}-${index}`)),
    );
    const answers = await Promise.all(
      groups.map((group) => alertmanager.post(WEBHOOK, webhookBody(group))),
    );
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    const rss = async (): Promise<number> =>
      value((await prometheus.get('/metrics')).body, 'process_resident_memory_bytes') / 2 ** 20;
    expect(await rss()).toBeLessThan(160);
    const annotations = { description: 'x'.repeat(400) };
    const many = Array.from({ length: 30_000 }, (_, index) =>
      alertOf(`m${index}`, { annotations }),
    );
    const { status } = await alertmanager.post(WEBHOOK, webhookBody(many));
    expect(status).toBe(200);
    expect(await rss()).toBeLessThan(256);
  });
}, 60_000);

describe('what it cannot begin with is one line', () => {
  const failure = async (environment?: NodeJS.ProcessEnv): Promise<[number | null, unknown]> => {
    const router = await start(environment);
    const code = await router.ended();
    expect(router.log).toHaveLength(1);
    return [code, router.log[0]?.msg];
  };

  test('a broken configuration', async () => {
    files.writeConfig(testConfig({ route: { destinations: [], routes: [] } }));
    expect(await failure()).toEqual([
      BAD_INPUT,
      `${files.configFile}: route.destinations: at least one destination`,
    ]);
  });

  test('a bad variable', async () => {
    expect(await failure({ ROUTER_PORT: '99999' })).toEqual([
      BAD_INPUT,
      expect.stringMatching(/^ROUTER_PORT=99999: /),
    ]);
  });

  test('no certificate', async () => {
    expect(await failure({ TLS_DIRECTORY: '/nowhere' })).toEqual([
      BAD_INPUT,
      expect.stringMatching(/^\/nowhere: ENOENT/),
    ]);
  });

  test('a database of a newer version', async () => {
    await (await start()).kill('SIGTERM');
    const db = new DatabaseSync(path.join(files.data, 'router.db'));
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(await failure()).toEqual([FAILED, expect.stringContaining('schema version 99')]);
  });

  test('a port in use', async () => {
    const { port } = await start();
    files = new RouterFiles(temporaryFolder());
    files.writeConfig(testConfig());
    files.writeTls(leaves.router);
    expect(await failure({ ROUTER_PORT: String(port) })).toEqual([
      FAILED,
      expect.stringContaining('EADDRINUSE'),
    ]);
  });
});

test('a configuration that breaks while it runs is metered, and changes nothing', async () => {
  const router = await start();
  files.writeConfig('{"version":');
  await withClient(router, async (alertmanager, prometheus) => {
    const reload = async (): Promise<number> =>
      value((await prometheus.get('/metrics')).body, 'alert_router_config_reload_success');
    while ((await reload()) === 1) await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await alertmanager.post(WEBHOOK, webhookBody([alertOf('a')]))).status).toBe(200);
    files.writeConfig(testConfig({ reminderSeconds: 60 }));
    while ((await reload()) === 0) await new Promise((resolve) => setTimeout(resolve, 100));
  });
  expect(router.log.map(({ msg }) => msg)).toContain('the configuration changed');
}, 20_000);

test('what waits for a credential is delivered when it comes, and people see all of it', async () => {
  const discord = new FakeDiscord({ channels: ['general'] });
  await discord.listen();
  const general = { kind: 'discord' as const, origins: [discord.origin] };
  files.writeConfig(testConfig({ destinations: { general } }));
  const router = await start();
  const technician = new TestClient(router.port, leaves.technician);
  const ask = async (answer: Promise<{ body: string }>): Promise<Record<string, unknown>> =>
    JSON.parse((await answer).body) as Record<string, unknown>;
  try {
    const { ids } = await ask(technician.post('/api/v1/test', {}));
    const [id] = ids as number[];
    const look = (): Promise<Record<string, unknown>> =>
      ask(technician.get(`/api/v1/deliveries/${id}`));
    expect(await look()).toMatchObject({ state: 'pending', destinationState: 'parked' });
    writeFileSync(path.join(files.credentials, 'general'), discord.webhookUrl('general'));
    while ((await look()).state === 'pending') {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await look()).toMatchObject({ state: 'delivered' });
    expect(discord.messagesIn('general')).toHaveLength(1);
    const { totals, destinations } = await ask(technician.get('/api/v1/status'));
    expect(totals).toMatchObject({ accepted: 1, delivered: 1, pending: 0 });
    expect(destinations).toMatchObject([{ name: 'general', state: 'ready' }]);
    expect((await technician.get('/')).body).toContain('<html');
    expect(JSON.stringify(router.log)).not.toContain(discord.webhookUrl('general'));
  } finally {
    technician.close();
    await router.kill('SIGTERM');
    await discord.close();
  }
}, 20_000);

test('the commands for people are in the same file', () => {
  const env = files.environment;
  const output = execFileSync(process.execPath, [BUNDLE, 'route', '--label', 'a=b'], {
    env,
    encoding: 'utf8',
  });
  expect(output).toContain('general');
  const wrong = spawnSync(process.execPath, [BUNDLE, 'rout'], { env, encoding: 'utf8' });
  expect(wrong.status).toBe(BAD_INPUT);
  expect(wrong.stderr.trim().split('\n')).toHaveLength(1);
});
