import { readFile } from 'node:fs/promises';
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { z } from 'zod';
import { CliError } from '../errors';
import { ACTIONS, type PageEvent } from './protocol';
import type { Show } from './show';

const FOLDER = join(__dirname, 'page');
const HOST = '127.0.0.1';
/** Bodies that the page sends are far smaller. */
const MAX_BODY = 1_000;

const requestSchema = z.object({ action: z.enum(ACTIONS) });

/** Only what this server serves; no inline script or style, no frame but the mails'. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** A mail may have a style and nothing else; it is shown by our page only. */
const MAIL_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

interface Asset {
  readonly type: string;
  readonly text: string;
}

/** Serves the page, its events and the mails, to this machine only. */
export class PageServer {
  private readonly server: Server;

  private assets: ReadonlyMap<string, Asset> = new Map();
  private show?: Show;

  private constructor() {
    this.server = http.createServer((request, response) => {
      this.handle(request, response).catch(() => refuse(response, 500));
    });
  }

  /**
   * Takes the port; there is nothing to see before `present`.
   *
   * @param port 0 for a free one.
   * @throws CliError when the port is taken.
   */
  public static async listen(port: number): Promise<PageServer> {
    const server = new PageServer();
    await server.bind(port);
    return server;
  }

  /** From now on it shows this. */
  public async present(show: Show): Promise<void> {
    this.assets = await loadAssets();
    this.show = show;
  }

  public get url(): string {
    return `http://${HOST}:${this.port}/`;
  }

  public async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  private async bind(port: number): Promise<void> {
    this.server.listen(port, HOST);
    try {
      await once(this.server, 'listening');
    } catch (error) {
      throw portError(port, error as NodeJS.ErrnoException);
    }
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Another name in Host means that some web page has its own name point here (DNS rebinding).
    const hosts = [`${HOST}:${this.port}`, `localhost:${this.port}`];
    if (!hosts.includes(request.headers.host ?? '')) return refuse(response, 421);
    const { show } = this;
    if (!show) return refuse(response, 503);
    const { method, url = '' } = request;
    if (method === 'POST' && url === '/actions') return act(show, request, response);
    if (method !== 'GET') return refuse(response, 405);
    if (url === '/events') return stream(show, response);
    this.get(show, url, response);
  }

  private get(show: Show, url: string, response: ServerResponse): void {
    const mail = /^\/mails\/(\d{1,6})$/.exec(url)?.[1];
    const html = mail === undefined ? undefined : show.mailHtml(Number(mail));
    if (html !== undefined) {
      return answer(response, { type: 'text/html; charset=utf-8', text: html }, MAIL_POLICY);
    }
    const asset = this.assets.get(url);
    if (!asset) return refuse(response, 404);
    answer(response, asset, PAGE_POLICY);
  }
}

/** Everything so far, and then everything as it happens. */
function stream(show: Show, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const send = (event: PageEvent): void => {
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  };
  show.soFar.forEach(send);
  show.on('event', send);
  response.on('close', () => show.off('event', send));
}

async function act(show: Show, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { origin, host } = request.headers;
  // A form or a script of another site has another origin.
  if (origin !== undefined && origin !== `http://${host}`) return refuse(response, 403);
  const parsed = requestSchema.safeParse(await readJson(request));
  if (!parsed.success) return refuse(response, 400);
  await show.act(parsed.data.action);
  response.writeHead(204).end();
}

function portError(port: number, error: NodeJS.ErrnoException): CliError {
  const reason = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${error.message})`;
  return new CliError(`port ${port} of this machine ${reason}; choose another with --port`);
}

function answer(response: ServerResponse, { type, text }: Asset, policy: string): void {
  response.writeHead(200, {
    'content-type': type,
    'content-security-policy': policy,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(`${status}\n`);
}

/** The body as JSON; undefined when it is none, or too long. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) {
    text += chunk as string;
    if (text.length > MAX_BODY) return undefined;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function loadAssets(): Promise<ReadonlyMap<string, Asset>> {
  const read = (name: string): Promise<string> => readFile(join(FOLDER, name), 'utf8');
  const [html, css, icon, script] = await Promise.all([
    read('index.html'),
    read('page.css'),
    read('icon.svg'),
    bundleScript(),
  ]);
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', text: html }],
    ['/page.css', { type: 'text/css; charset=utf-8', text: css }],
    ['/icon.svg', { type: 'image/svg+xml', text: icon }],
    ['/page.js', { type: 'text/javascript; charset=utf-8', text: script }],
  ]);
}

async function bundleScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(FOLDER, 'main.ts')],
    bundle: true,
    write: false,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}
