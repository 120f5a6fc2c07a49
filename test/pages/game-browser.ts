import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Page as Tab,
} from 'playwright-core';
import { CONTENT_SECURITY_POLICY, mediaTypes } from '../../constructs/web/site';
import { buildPages, type Game, type Page } from '../../pages/build';

const typeOf = (file: string): string =>
  `${mediaTypes[path.extname(file).slice(1) as keyof typeof mediaTypes]}; charset=utf-8`;

/** A game that is served as in the cluster, and a browser to play it. */
export class GameBrowser {
  /** Console errors, broken policies, requests that are not for a file of the game. */
  readonly complaints: string[] = [];
  private readonly server: Server;
  private browser: Browser | undefined;

  constructor(
    game: Game,
    private readonly executablePath: string,
  ) {
    const page = buildPages()[game];
    this.server = createServer((request, response) => {
      const file = request.url === '/' ? 'index.html' : (request.url ?? '').slice(1);
      const isThere = Object.hasOwn(page, file);
      response.statusCode = isThere ? 200 : 404;
      if (isThere) response.setHeader('content-type', typeOf(file));
      response.setHeader('content-security-policy', CONTENT_SECURITY_POLICY);
      response.setHeader('x-content-type-options', 'nosniff');
      response.end(isThere ? page[file as keyof Page] : '');
    });
  }

  async start(): Promise<void> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    const args = ['--no-sandbox', '--disable-dev-shm-usage'];
    this.browser = await chromium.launch({ executablePath: this.executablePath, args });
  }

  async stop(): Promise<void> {
    await this.browser?.close();
    this.server.close();
  }

  /** Opens the game as a new visitor. `before` is JavaScript that runs before the game's. */
  async visit(options: BrowserContextOptions = {}, before = ''): Promise<Tab> {
    const url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
    const context = await this.browser!.newContext(options);
    const tab = await context.newPage();
    if (before) await tab.addInitScript(before);
    tab.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    tab.on('pageerror', (error) => this.complaints.push(String(error)));
    tab.on('request', (request) => {
      if (!request.url().startsWith(url)) this.complaints.push(`request to ${request.url()}`);
    });
    tab.on('response', (response) => {
      if (!response.ok()) this.complaints.push(`${response.status()} for ${response.url()}`);
    });
    await tab.goto(url);
    return tab;
  }

  /** Ends every visit; what was complained about is returned and forgotten. */
  async leave(): Promise<string[]> {
    await Promise.all((this.browser?.contexts() ?? []).map((context) => context.close()));
    return this.complaints.splice(0);
  }
}

/** Moves a finger over the screen, from a place by so many pixels. */
export async function swipe(
  tab: Tab,
  from: { readonly x: number; readonly y: number },
  by: { readonly right?: number; readonly down?: number },
): Promise<void> {
  const { right = 0, down = 0 } = by;
  const session = await tab.context().newCDPSession(tab);
  const touch = (type: 'touchStart' | 'touchMove', share: number): Promise<unknown> =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: [{ x: from.x + right * share, y: from.y + down * share }],
    });
  await touch('touchStart', 0);
  for (const share of [0.25, 0.5, 0.75, 1]) await touch('touchMove', share);
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await session.detach();
}

/** The middle of an element, in CSS pixels of the window. */
export async function middleOf(tab: Tab, selector: string): Promise<{ x: number; y: number }> {
  const box = await tab.locator(selector).boundingBox();
  if (!box) throw new Error(`${selector} is not shown`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Whether something is wider than the window. */
export const overflows = (tab: Tab): Promise<boolean> =>
  tab.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
