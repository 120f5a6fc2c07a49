import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** Before a router that died is started again, in milliseconds: what a kubelet does, without its patience. */
const RESTART_MS = 1_000;
/** What a router gets to end by itself, in milliseconds. */
const GRACE_MS = 1_000;
/** Of its log, kept for the case that it never starts. */
const LOG_TAIL = 2_000;

interface Events {
  /** The process ended without being asked to; it is started again. */
  died: [];
}

/** The router as a process of its own, started again whenever it dies. */
export class RouterProcess extends EventEmitter<Events> {
  private child?: ChildProcess;
  private stopping = false;
  private tail = '';

  /**
   * @param script the bundled router.
   * @param env its whole environment.
   */
  public constructor(
    private readonly script: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {
    super();
  }

  /** The end of what it wrote. */
  public get log(): string {
    return this.tail;
  }

  public start(): void {
    const child = spawn(process.execPath, [this.script], {
      env: { ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.tail = (this.tail + text).slice(-LOG_TAIL);
      });
    }
    child.on('error', (error) => (this.tail += error.message));
    child.on('exit', () => void this.revive());
  }

  /** kill -9. */
  public kill(): void {
    this.child?.kill('SIGKILL');
  }

  /** Ends it in order or, when that takes too long, at once. */
  public async stop(): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    await ended;
    clearTimeout(timer);
  }

  private async revive(): Promise<void> {
    if (this.stopping) return;
    this.emit('died');
    await delay(RESTART_MS, undefined, { ref: false });
    if (!this.stopping) this.start();
  }
}
