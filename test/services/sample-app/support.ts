import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type http from 'node:http';
import type https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { readEnvironment } from '../../../services/sample-app/src/environment';
import type { LoginLimit } from '../../../services/sample-app/src/login';
import { type RunningApp, startApp } from '../../../services/sample-app/src/serve';
import { type Clock, systemClock } from '../../../services/shared/clock';
import { createLogger, upperCaseLevel } from '../../../services/shared/logger';
import type { TlsMaterial } from '../../../services/shared/tls-server';
import { ask, type Answer } from '../../support/request';

export const PROMETHEUS = 'spiffe://vigil/ns/monitoring/sa/prometheus';
export const USER = { username: 'ada', password: 'correct horse' };

export type Line = Record<string, unknown>;

/** The files of an app, in a folder of their own. */
export class AppFiles {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'sample-app-'));
  readonly password = path.join(this.folder, 'password');
  readonly tls = path.join(this.folder, 'tls');

  constructor() {
    mkdirSync(this.tls);
  }

  get environment(): NodeJS.ProcessEnv {
    return {
      PUBLIC_PORT: '0',
      REDIRECT_PORT: '0',
      METRICS_PORT: '0',
      METRICS_CLIENTS: PROMETHEUS,
      TLS_DIRECTORY: this.tls,
      USER_NAME: USER.username,
      PASSWORD_FILE: this.password,
    };
  }

  writePassword(password = USER.password): void {
    writeFileSync(this.password, password);
  }

  writeTls({ cert, key, ca }: TlsMaterial): void {
    writeFileSync(path.join(this.tls, 'tls.crt'), cert);
    writeFileSync(path.join(this.tls, 'tls.key'), key);
    writeFileSync(path.join(this.tls, 'ca.crt'), ca);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Looks at the certificate's files fifty times a second. */
const impatient: Clock = {
  ...systemClock,
  sleep: (_ms, signal) => systemClock.sleep(20, signal),
};

/** The app in this process, on real sockets, and what it logs. */
export class TestApp {
  private constructor(
    readonly files: AppFiles,
    readonly running: RunningApp,
    readonly output: readonly string[],
    private readonly ca: string,
  ) {}

  static async start(
    material: TlsMaterial,
    changes: NodeJS.ProcessEnv = {},
    loginLimit?: LoginLimit,
  ): Promise<TestApp> {
    const files = new AppFiles();
    files.writeTls(material);
    files.writePassword();
    const output: string[] = [];
    const destination = { write: (line: string): void => void output.push(line) };
    const logger = createLogger('sample-app', 'info', destination, upperCaseLevel);
    const environment = readEnvironment({ ...files.environment, ...changes });
    const running = await startApp(environment, { clock: impatient, logger, loginLimit });
    return new TestApp(files, running, output, material.ca);
  }

  async stop(): Promise<void> {
    await this.running.stop();
    this.files.remove();
  }

  get lines(): Line[] {
    return this.output.map((line) => JSON.parse(line) as Line);
  }

  /** Lines with this message. */
  said(message: string): Line[] {
    return this.lines.filter(({ msg }) => msg === message);
  }

  /** The access log, when it has a line of that request. */
  async access(requestId: unknown): Promise<Line> {
    return eventually(() =>
      this.lines.find((line) => line.requestId === requestId && 'durationMs' in line),
    );
  }

  /** A request of the public listener. */
  get(url: string, options: https.RequestOptions = {}, body?: string): Promise<Answer> {
    return ask({ ...this.options(), path: url, ...options }, body);
  }

  login(
    credentials: object,
    options: https.RequestOptions = {},
    headers: http.OutgoingHttpHeaders = {},
  ): Promise<Answer> {
    const type = { 'content-type': 'application/json', ...headers };
    const request = { method: 'POST', headers: type, ...options };
    return this.get('/login', request, JSON.stringify(credentials));
  }

  plain(url: string, options: http.RequestOptions = {}): Promise<Answer> {
    return ask({ host: '127.0.0.1', port: this.running.ports.redirect, path: url, ...options });
  }

  scrape(client: Partial<TlsMaterial>, options: https.RequestOptions = {}): Promise<Answer> {
    const { cert, key } = client;
    const port = this.running.ports.metrics;
    return ask({ ...this.options(), port, path: '/metrics', cert, key, ...options });
  }

  options(): https.RequestOptions {
    const port = this.running.ports.public;
    return { host: '127.0.0.1', servername: 'localhost', port, ca: this.ca, agent: false };
  }
}

/** What a function gives as soon as it gives something; waits five seconds at most. */
export async function eventually<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  for (const deadline = Date.now() + 5_000; Date.now() < deadline;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await systemClock.sleep(10);
  }
  throw new Error('it did not come');
}
