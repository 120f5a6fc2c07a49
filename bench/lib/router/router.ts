import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { poll } from '../../../cli/lib/async';
import { Door, type Answer } from '../../../cli/lib/door';
import { CliError } from '../../../cli/lib/errors';
import { freePort } from '../../../cli/lib/free-port';
import { ROUTER_DOOR, RouterApi } from '../../../cli/lib/router-api';
import type { RouterConfig } from '../../../constructs/alert-router/router-config';
import type { RouterStatus } from '../../../services/alert-router/src/status/status';
import type { TlsMaterial } from '../../../services/shared/tls-server';
import { writeInto, type Rig } from './rig';

export interface RouterOptions {
  readonly config: RouterConfig;
  /** By destination; one without is parked. */
  readonly credentials: Readonly<Record<string, string>>;
  /** Names the router's folder. @default 'router' */
  readonly name?: string;
  /** More flags for node, such as those that profile. @default none */
  readonly nodeFlags?: readonly string[];
  /** A program that starts the router in place of the bench, with its own arguments. @default none */
  readonly tracer?: readonly string[];
}

/** Sizes in bytes. */
export interface Memory {
  readonly resident: number;
  /** The most that was resident since the start. */
  readonly peak: number;
}

/** USER_HZ, which is 100 on every platform of Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const START_MS = 20_000;
/** Longer than what the router itself allows its lanes. */
const STOP_MS = 15_000;
const LOG_TAIL = 2_000;

/** The bundled router as a process of its own on loopback, with its own database. */
export class Router {
  private child?: ChildProcess;
  private log = '';

  private constructor(
    private readonly rig: Rig,
    private readonly options: RouterOptions,
    private readonly folder: string,
    public readonly port: number,
  ) {}

  /** Writes what it reads; does not start it. */
  public static async create(rig: Rig, options: RouterOptions): Promise<Router> {
    const folder = join(rig.folder, options.name ?? 'router');
    const { router } = rig.certificates;
    await mkdir(join(folder, 'data'), { recursive: true });
    await mkdir(join(folder, 'destinations'));
    await writeInto(join(folder, 'router.json'), JSON.stringify(options.config));
    await writeInto(join(folder, 'tls/tls.crt'), router.cert);
    await writeInto(join(folder, 'tls/tls.key'), router.key);
    await writeInto(join(folder, 'tls/ca.crt'), router.ca);
    for (const [name, text] of Object.entries(options.credentials)) {
      await writeInto(join(folder, 'destinations', name), text);
    }
    return new Router(rig, options, folder, await freePort());
  }

  /** Where its database is. */
  public get data(): string {
    return join(this.folder, 'data');
  }

  /**
   * Resolves when it answers.
   *
   * @throws CliError with the end of its log when it ends or does not answer.
   */
  public async start(): Promise<void> {
    const { tracer = [], nodeFlags = [] } = this.options;
    const node = [process.execPath, ...this.rig.nodeFlags, ...nodeFlags, this.rig.script];
    const [program = '', ...args] = [...tracer, ...node];
    const child = spawn(program, args, {
      env: this.environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.log = (this.log + text).slice(-LOG_TAIL);
      });
    }
    child.on('error', (error) => (this.log += error.message));
    // Also when the bench ends in a way that nobody foresaw.
    const endToo = (): boolean => child.kill('SIGKILL');
    process.once('exit', endToo);
    child.once('exit', () => process.off('exit', endToo));
    await this.untilAnswers(child);
  }

  /** kill -9; resolves when the process is gone. */
  public async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Ends it in order or, when that takes too long, at once. */
  public async stop(): Promise<void> {
    const timer = setTimeout(() => this.child?.kill('SIGKILL'), STOP_MS);
    await this.end('SIGTERM');
    clearTimeout(timer);
  }

  public async status(): Promise<RouterStatus> {
    return new RouterApi(this.door(this.rig.certificates.technician)).status();
  }

  /** Posts as Alertmanager does. */
  public post(body: unknown): Promise<Answer> {
    return this.door(this.rig.certificates.alertmanager).post('/api/v1/webhook', body);
  }

  /** As the kernel counts it; `VmRSS` and `VmHWM` of proc(5). */
  public async memory(): Promise<Memory> {
    const text = await readFile(`/proc/${this.child?.pid}/status`, 'utf8');
    const bytes = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024;
    return { resident: bytes('VmRSS'), peak: bytes('VmHWM') };
  }

  /** CPU time that the process has used, in seconds; `utime` and `stime` of proc(5). */
  public async cpuSeconds(): Promise<number> {
    const text = await readFile(`/proc/${this.child?.pid}/stat`, 'utf8');
    // The second field is a name in parentheses that may contain anything; these two are the 14th and 15th.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  private door(technician: TlsMaterial): Door {
    const forwarding = { port: this.port, lastError: () => undefined, close: () => undefined };
    return new Door(ROUTER_DOOR, forwarding, technician, this.rig.signal);
  }

  private environment(): Record<string, string> {
    return {
      ROUTER_CONFIG_FILE: join(this.folder, 'router.json'),
      ROUTER_CREDENTIALS: join(this.folder, 'destinations'),
      ROUTER_DATA: this.data,
      ROUTER_HOST: '127.0.0.1',
      ROUTER_PORT: String(this.port),
      TLS_DIRECTORY: join(this.folder, 'tls'),
      LOG_LEVEL: 'warn',
    };
  }

  private async untilAnswers(child: ChildProcess): Promise<void> {
    const options = { signal: this.rig.signal, intervalMs: 50, timeoutMs: START_MS };
    const answered = await poll(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return false;
      return this.status().then(
        () => true,
        () => undefined,
      );
    }, options);
    if (!answered) throw new CliError(`the router does not answer: ${this.log.trim()}`);
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}

/** Starts a router, works with it, and ends it in any case. */
export async function withRouter<T>(
  rig: Rig,
  options: RouterOptions,
  work: (router: Router) => Promise<T>,
): Promise<T> {
  const router = await Router.create(rig, options);
  try {
    await router.start();
    return await work(router);
  } finally {
    await (rig.signal.aborted ? router.kill() : router.stop());
  }
}
