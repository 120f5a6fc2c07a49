import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { describeWithProgram } from '../support/tools';

const ROOT = resolve(__dirname, '..', '..');

interface Running {
  readonly child: ChildProcess;
  readonly scratch: string;
  /** Everything written to stdout and stderr. */
  readonly written: () => { stdout: string; stderr: string };
}

const running: Running[] = [];

/** Starts `vigil try`; its temporary files go to a folder of their own. */
function vigilTry(...args: string[]): Running {
  const scratch = mkdtempSync(join(tmpdir(), 'vigil-try-test-'));
  const child = spawn(
    process.execPath,
    [join(ROOT, 'cli/bin.cjs'), 'try', '--no-browser', ...args],
    {
      env: { ...process.env, TMPDIR: scratch },
    },
  );
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.stderr += chunk));
  const started = { child, scratch, written: () => text };
  running.push(started);
  return started;
}

/** The address that it prints. */
async function urlOf({ child, written }: Running): Promise<string> {
  while (child.exitCode === null) {
    const [url] = /http:\/\/127\.0\.0\.1:\d+\//.exec(written().stdout) ?? [];
    if (url !== undefined) return url;
    await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')]);
  }
  throw new Error(`vigil try ended: ${written().stderr}`);
}

/** Ctrl-C; how many milliseconds it took to end, with which code, and what it left behind. */
async function interrupt({
  child,
  scratch,
}: Running): Promise<{ ms: number; code: unknown; left: string[] }> {
  const ended = once(child, 'exit');
  const before = performance.now();
  child.kill('SIGTERM');
  const [code] = (await ended) as [number | null];
  // The loader keeps compiled files in the same place, for the next run of any program.
  const left = readdirSync(scratch).filter((name) => !name.startsWith('tsx-'));
  return { ms: performance.now() - before, code, left };
}

afterEach(async () => {
  for (const { child, scratch } of running.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(scratch, { recursive: true, force: true });
  }
});

test('a port that is taken is said in one line, and nothing is left behind', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const run = vigilTry('--port', String(port));
  const [code] = (await once(run.child, 'exit')) as [number];
  server.close();
  expect(code).toBe(1);
  expect(run.written().stderr).toBe(
    `vigil: port ${port} of this machine is in use; choose another with --port\n`,
  );
  expect(readdirSync(run.scratch).filter((name) => !name.startsWith('tsx-'))).toEqual([]);
}, 30_000);

test('a speed that is none is said in one line', async () => {
  const run = vigilTry('--speed', 'fast');
  const [code] = (await once(run.child, 'exit')) as [number];
  expect(code).toBe(2);
  expect(run.written().stderr).toContain('Allowed: a number from 0.1 to 20.');
}, 30_000);

test('--json prints the address; strangers get nothing; Ctrl-C ends it and removes every trace', async () => {
  const run = vigilTry('--json');
  const url = await urlOf(run);
  expect(JSON.parse(run.written().stdout)).toEqual({ ok: true, url });
  const post = (headers: Record<string, string>, body: string): Promise<number> =>
    fetch(`${url}actions`, { method: 'POST', headers, body }).then(({ status }) => status);
  expect(await post({ origin: 'https://elsewhere.example' }, '{"action":"kill"}')).toBe(403);
  expect(await post({}, '{"action":"format"}')).toBe(400);
  expect(await post({}, 'x'.repeat(5000))).toBe(400);
  expect((await fetch(`${url}../../package.json`)).status).toBe(404);
  expect((await fetch(`${url}mails/999`)).status).toBe(404);
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(405);
  const policy = (await fetch(url)).headers.get('content-security-policy');
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
  const { ms, code, left } = await interrupt(run);
  expect(ms).toBeLessThan(2000);
  expect([code, left]).toEqual([0, []]);
}, 30_000);

describeWithProgram('chromium', 'the page', (executablePath) => {
  let browser: Browser;
  const complaints: string[] = [];

  beforeAll(async () => {
    const args = ['--no-sandbox', '--disable-dev-shm-usage'];
    browser = await chromium.launch({ executablePath, args });
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    // First, because a page complains when its server ends.
    await Promise.all(browser.contexts().map((context) => context.close()));
    complaints.splice(0);
  });

  /** Opens the page and keeps every complaint: console errors, broken policies, requests to elsewhere. */
  async function openPage(url: string, width = 1280): Promise<Page> {
    const context = await browser.newContext({ viewport: { width, height: 800 } });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) complaints.push(`request to ${request.url()}`);
    });
    await page.goto(url);
    return page;
  }

  const place = (page: Page, name: string): ReturnType<Page['locator']> =>
    page.locator(`[data-place="${name}"]`);

  test('alerts arrive in their channels and are over; mail comes; everything breaks and nothing is lost', async () => {
    const before = performance.now();
    const run = vigilTry('--speed', '4');
    const page = await openPage(await urlOf(run));
    await place(page, 'container').click();
    const embeds = page.locator('#messages .embed');
    await embeds.first().waitFor();
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(await embeds.first().textContent()).toContain('ContainerStopped: checkout');
    for (const action of ['rate-limit', 'outage', 'no-mail', 'kill']) {
      await page.locator(`[data-action="${action}"]`).click();
    }
    await page.locator('[data-action="outage"][aria-pressed="true"]').waitFor();
    await page.locator('#router', { hasText: 'down' }).waitFor();
    await page.locator('#router', { hasText: 'running' }).waitFor();
    const line = page.locator('#line');
    await page.locator('#line', { hasText: ' 0 lost' }).waitFor({ timeout: 60_000 });
    const [, accepted, delivered] =
      /^(\d+) accepted, (\d+) delivered, 0 lost, \d+ duplicates?$/.exec(
        (await line.textContent()) ?? '',
      ) ?? [];
    expect(Number(accepted)).toBeGreaterThan(50);
    expect(delivered).toBe(accepted);
    expect(await page.locator('#messages').textContent()).toMatch(/Resolved|resolved/);
    await place(page, 'mailbox').click();
    const mail = page.locator('#messages .mail').first();
    await mail.locator('button').click();
    const frame = mail.frameLocator('iframe');
    await frame.locator('body').waitFor();
    expect(await frame.locator('body').textContent()).toContain('What to do first');
    expect(complaints).toEqual([]);
    expect((await interrupt(run)).left).toEqual([]);
  }, 90_000);

  test('whatever an alert says, it is shown and not run; a second round begins with nothing', async () => {
    const run = vigilTry('--speed', '20');
    const page = await openPage(await urlOf(run));
    page.on('dialog', (dialog) => complaints.push(`dialog ${dialog.message()}`));
    await place(page, 'general').click();
    const embed = page.locator('#messages .embed', { hasText: 'ErrorsInLogs' }).first();
    await embed.waitFor();
    expect(await embed.textContent()).toContain('says @');
    expect(await embed.locator('script').count()).toBe(0);
    expect(await embed.locator('a[href*="evil"]').count()).toBe(0);
    await page.locator('#line', { hasText: ' 0 lost' }).waitFor();
    const first = await page.locator('#messages').textContent();
    await page.locator('[data-action="again"]').click();
    await embed.waitFor({ state: 'detached' });
    await page.locator('#line', { hasText: ' 0 lost' }).waitFor();
    expect(await embed.textContent()).toContain('says @');
    // Each round has pods of its own.
    expect(await page.locator('#messages').textContent()).not.toBe(first);
    expect(complaints).toEqual([]);
  }, 60_000);

  test('by keyboard, on a phone, in the dark', async () => {
    // Slow enough to be still playing when it is to be paused.
    const run = vigilTry('--speed', '2');
    const page = await openPage(await urlOf(run), 380);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('#messages .embed').first().waitFor();
    const overflow = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overflow).toBeLessThanOrEqual(0);
    const background = await page.evaluate<string>(
      'getComputedStyle(document.body).backgroundColor',
    );
    expect(background).toBe('rgb(30, 31, 36)');
    const reached = new Set<string>();
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press('Tab');
      const name = await page.evaluate<string>(
        '(({ dataset, id }) => dataset.action ?? dataset.place ?? id)(document.activeElement)',
      );
      reached.add(name);
    }
    const controls = await page.evaluate<string[]>(
      "[...document.querySelectorAll('button:enabled')].map(({ dataset }) => dataset.action ?? dataset.place)",
    );
    expect(controls.length).toBeGreaterThan(10);
    expect([...reached]).toEqual(expect.arrayContaining([...controls, 'messages']));
    await place(page, 'node').focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#place').textContent()).toBe('# node');
    await page.locator('[data-action="pause"]').focus();
    await page.keyboard.press('Space');
    await page.locator('[data-action="play"]:enabled').waitFor();
    expect(complaints).toEqual([]);
  }, 60_000);
});
