import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import type { RouterConfig } from '../../../constructs/alert-router/router-config';
import type { TlsMaterial } from '../../../services/shared/tls-server';
import { identityOf } from './authority';

/** The bundle as the image runs it. */
export const BUNDLE = path.join(__dirname, '../../../build/alert-router/main.js');

/** A configuration with one parked destination, for whom alerts pile up. */
export function testConfig(changes: Partial<RouterConfig> = {}): RouterConfig {
  return {
    version: 1,
    destinations: { general: { kind: 'discord', origins: ['https://discord.com'] } },
    route: { destinations: ['general'], routes: [] },
    clients: {
      webhook: [identityOf('alertmanager')],
      metrics: [identityOf('prometheus')],
      people: [identityOf('technician')],
    },
    alertmanagers: [],
    notificationDelaySeconds: 35,
    heartbeatTimeoutSeconds: 600,
    reminderSeconds: 14_400,
    links: {},
    ...changes,
  };
}

/** The options of Node.js with which the image starts it. */
export function imageFlags(): string[] {
  const file = path.join(__dirname, '../../../services/alert-router/Dockerfile');
  return [...readFileSync(file, 'utf8').matchAll(/"(--[^"]+)"/g)].map(([, flag]) => flag ?? '');
}

/** The files and the variables of a router process, in a folder. */
export class RouterFiles {
  readonly configFile: string;
  readonly credentials: string;
  readonly data: string;
  readonly tls: string;

  constructor(folder: string) {
    this.configFile = path.join(folder, 'router.json');
    this.credentials = path.join(folder, 'destinations');
    this.data = path.join(folder, 'data');
    this.tls = path.join(folder, 'tls');
    for (const one of [this.credentials, this.tls]) mkdirSync(one, { recursive: true });
  }

  writeConfig(config: unknown): void {
    writeFileSync(this.configFile, typeof config === 'string' ? config : JSON.stringify(config));
  }

  writeTls({ cert, key, ca }: TlsMaterial): void {
    writeFileSync(path.join(this.tls, 'tls.crt'), cert);
    writeFileSync(path.join(this.tls, 'tls.key'), key);
    writeFileSync(path.join(this.tls, 'ca.crt'), ca);
  }

  get environment(): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      ROUTER_CONFIG_FILE: this.configFile,
      ROUTER_CREDENTIALS: this.credentials,
      ROUTER_DATA: this.data,
      ROUTER_PORT: '0',
      ROUTER_HOST: '127.0.0.1',
      TLS_DIRECTORY: this.tls,
    };
  }
}

/** The router as a process of its own. */
export class RouterProcess {
  port = 0;
  readonly log: Record<string, unknown>[] = [];
  private readonly child: ChildProcess;
  private readonly ready: Promise<void>;

  constructor(
    files: RouterFiles,
    flags: readonly string[] = [],
    environment: NodeJS.ProcessEnv = {},
  ) {
    this.child = spawn(process.execPath, [...flags, BUNDLE], {
      env: { ...files.environment, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = readline.createInterface({ input: this.child.stdout as NodeJS.ReadableStream });
    this.ready = new Promise((resolve) => {
      lines.on('line', (line) => {
        const entry = JSON.parse(line) as Record<string, unknown>;
        this.log.push(entry);
        if (typeof entry.port === 'number') {
          this.port = entry.port;
          resolve();
        }
      });
      this.child.once('exit', () => resolve());
    });
  }

  /** Started, or ended before that. */
  async listening(): Promise<this> {
    await this.ready;
    return this;
  }

  /** @returns its exit code; null after a signal */
  async kill(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return this.ended();
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null)
      await once(this.child, 'exit');
    return this.child.exitCode;
  }
}
