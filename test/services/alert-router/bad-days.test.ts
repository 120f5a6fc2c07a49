import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { buildServices } from '../../../services/build';
import type { TlsMaterial } from '../../../services/shared/tls-server';
import { TestAuthority } from './authority';
import { TestClient, webhookBody } from './client';
import { imageFlags, RouterFiles, RouterProcess, testConfig } from './router-process';
import { alertOf, temporaryFolder } from './support';

const WEBHOOK = '/api/v1/webhook';

let router: TlsMaterial;
let alertmanager: TlsMaterial;
let prometheus: TlsMaterial;
beforeAll(async () => {
  await buildServices();
  const authority = await TestAuthority.create();
  router = await authority.issue('alert-router');
  alertmanager = await authority.issue('alertmanager');
  prometheus = await authority.issue('prometheus');
}, 60_000);

const filesIn = (folder: string): RouterFiles => {
  const files = new RouterFiles(folder);
  files.writeConfig(testConfig());
  files.writeTls(router);
  return files;
};
const databaseOf = (files: RouterFiles): string => path.join(files.data, 'router.db');
const running = new Set<RouterProcess>();
afterEach(async () => {
  await Promise.all([...running].map((one) => one.kill('SIGKILL')));
  running.clear();
});
const start = async (files: RouterFiles): Promise<RouterProcess> => {
  const one = new RouterProcess(files);
  running.add(one);
  return one.listening();
};

/** What the database holds, when no process does. */
function rowsOf(files: RouterFiles): Record<string, unknown>[] {
  const db = new DatabaseSync(databaseOf(files));
  try {
    return db.prepare('SELECT fingerprint, kind, alert FROM delivery').all();
  } finally {
    db.close();
  }
}

test('killed under load again and again, it has stored whatever it acknowledged', async () => {
  const files = filesIn(temporaryFolder());
  const acknowledged = new Set<string>();
  let sent = 0;
  for (let kill = 0; kill < 6; kill += 1) {
    const process = await start(files);
    const client = new TestClient(process.port, alertmanager);
    const lane = async (): Promise<void> => {
      for (;;) {
        const name = `alert-${(sent += 1)}`;
        try {
          const { status } = await client.post(WEBHOOK, webhookBody([alertOf(name)]));
          if (status === 200) acknowledged.add(`fp-${name}`);
        } catch {
          return;
        }
      }
    };
    const lanes = Array.from({ length: 16 }, lane);
    await new Promise((resolve) => setTimeout(resolve, 300 + kill * 37));
    await process.kill('SIGKILL');
    await Promise.all(lanes);
    client.close();
  }
  const stored = rowsOf(files).map(({ fingerprint }) => fingerprint as string);
  expect(acknowledged.size).toBeGreaterThan(300);
  expect([...acknowledged].filter((one) => !stored.includes(one))).toEqual([]);
  expect(new Set(stored).size).toBe(stored.length);
  const db = new DatabaseSync(databaseOf(files));
  // Of a destination that cannot be called, the newest 5,000 wait, and the others are dead letters.
  const { kept } = db.prepare('SELECT pending + expired AS kept FROM total').get() as {
    kept: number;
  };
  db.close();
  expect(kept).toBe(stored.length);
}, 60_000);

test('the largest body that is taken, full of the smallest alerts, is taken with the memory that the image gives', async () => {
  const files = filesIn(temporaryFolder());
  const process = new RouterProcess(files, imageFlags());
  running.add(process);
  await process.listening();
  const client = new TestClient(process.port, alertmanager);
  const alerts = Array.from({ length: 180_000 }, (_, index) => ({
    status: 'firing',
    labels: { alertname: `a${index}` },
    annotations: {},
    startsAt: '2026-01-01T00:00:00Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: '',
    fingerprint: `f${index}`,
  }));
  const body = JSON.stringify({ version: '4', groupKey: 'all', alerts });
  expect(body.length / 2 ** 20).toBeGreaterThan(28);
  const { status } = await client.post(WEBHOOK, body);
  // Taking so many may take longer than Alertmanager is kept waiting; it then comes again, and they are known.
  expect([200, 503]).toContain(status);
  expect((await client.post(WEBHOOK, webhookBody([alertOf('after')]))).status).toBe(200);
  client.close();
  expect(await process.kill('SIGTERM')).toBe(0);
}, 120_000);

test('a damaged database is moved aside, told, metered, and no reason to stop', async () => {
  const files = filesIn(temporaryFolder());
  mkdirSync(files.data);
  writeFileSync(databaseOf(files), 'this is no database'.repeat(1000));
  const process = await start(files);
  const client = new TestClient(process.port, alertmanager);
  const scraper = new TestClient(process.port, prometheus);
  expect((await client.post(WEBHOOK, webhookBody([alertOf('a')]))).status).toBe(200);
  expect((await scraper.get('/metrics')).body).toContain('alert_router_store_corrupt_total 1');
  expect(process.log.filter(({ level }) => level === 'error').length).toBeGreaterThan(0);
  client.close();
  scraper.close();
  expect(await process.kill('SIGTERM')).toBe(0);
  const kinds = rowsOf(files).map(({ kind, alert }) => {
    const { labels } = JSON.parse(alert as string) as { labels: Record<string, string> };
    return [kind, labels.alertname];
  });
  expect(kinds.sort()).toEqual([
    ['firing', 'a'],
    ['notice', 'RouterDatabaseDamaged'],
  ]);
}, 20_000);

const isRoot = process.getuid?.() === 0;
const skipped = 'a disk that is full: skipped, only root may mount a small one';
if (!isRoot) process.stderr.write(`${skipped}\n`);

(isRoot ? test : test.skip)(
  isRoot ? 'a disk that is full: 503 until there is room, nothing lost' : skipped,
  async () => {
    const folder = temporaryFolder();
    const disk = path.join(folder, 'data');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    try {
      const files = filesIn(folder);
      const process = await start(files);
      const client = new TestClient(process.port, alertmanager);
      const scraper = new TestClient(process.port, prometheus);
      const acknowledged: string[] = [];
      const post = async (name: string): Promise<number> => {
        const alert = alertOf(name, { annotations: { description: 'x'.repeat(10_000) } });
        const { status } = await client.post(WEBHOOK, webhookBody([alert]));
        if (status === 200) acknowledged.push(`fp-${name}`);
        return status;
      };
      expect(await post('first')).toBe(200);
      const ballast = path.join(disk, 'ballast');
      try {
        writeFileSync(ballast, Buffer.alloc(4 * 2 ** 20));
      } catch {
        // Full, as is meant.
      }
      let status = 200;
      for (let index = 0; status === 200 && index < 400; index += 1)
        status = await post(`b${index}`);
      expect(status).toBe(503);
      expect((await scraper.get('/metrics')).body).toContain('alert_router_store_writable 0');
      rmSync(ballast);
      expect(await post('after')).toBe(200);
      expect((await scraper.get('/metrics')).body).toContain('alert_router_store_writable 1');
      client.close();
      scraper.close();
      expect(await process.kill('SIGTERM')).toBe(0);
      expect(rowsOf(files).map(({ fingerprint }) => fingerprint)).toEqual(acknowledged);
    } finally {
      await Promise.all([...running].map((one) => one.kill('SIGKILL')));
      execFileSync('umount', [disk]);
    }
  },
  60_000,
);
