import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../cli/lib/free-port';

/** A tool that runs as a server of this machine alone. */
export interface ToolServer {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** The arguments of a server that is to listen on an address such as `127.0.0.1:9093`. */
export type ServerArgs = (address: string) => readonly string[];

/**
 * Starts a program on a free port; it may not listen yet.
 *
 * @param cwd the folder it starts in
 * @param env variables besides those of this process
 */
export async function serveProgram(
  command: string,
  args: ServerArgs,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ToolServer> {
  const port = await freePort();
  const child = spawn(command, args(`127.0.0.1:${port}`), {
    cwd,
    stdio: 'ignore',
    env: { ...process.env, ...env },
  });
  await once(child, 'spawn');
  const ended = once(child, 'exit');
  return {
    port,
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/**
 * Starts a container whose port is published on loopback; it may not listen yet.
 *
 * @param run the arguments of `docker run` up to the image and the command, which is its entry point
 * @param port that it listens on inside
 * @throws Error with what the engine says when it cannot be started
 */
export function serveContainer(
  run: readonly string[],
  args: ServerArgs,
  port: number,
): Promise<ToolServer> {
  const publish = ['--detach', '--publish', `127.0.0.1::${port}`];
  const id = docker('run', ...publish, ...run, ...args(`0.0.0.0:${port}`));
  const published = Number(docker('port', id, `${port}/tcp`).split(':').at(-1));
  return Promise.resolve({ port: published, stop: stopping(id) });
}

/**
 * Starts a container on this machine's own network and as this user, on a free port; it may not listen yet.
 *
 * @param run the arguments of `docker run` up to the image and the command, which is its entry point
 * @throws Error with what the engine says when it cannot be started
 */
export async function serveResident(run: readonly string[], args: ServerArgs): Promise<ToolServer> {
  const port = await freePort();
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const flags = ['--detach', '--network', 'host', '--user', user];
  const id = docker('run', ...flags, ...run, ...args(`127.0.0.1:${port}`));
  return { port, stop: stopping(id) };
}

/** Kills and removes the container, once. */
function stopping(id: string): () => Promise<void> {
  let isRunning = true;
  return () => {
    if (isRunning) docker('rm', '--force', '--volumes', id);
    isRunning = false;
    return Promise.resolve();
  };
}

/**
 * What a command of the container engine prints.
 *
 * @throws Error with what it says when it fails
 */
export function docker(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('docker', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`docker ${args[0]}: ${stderr}`);
  return stdout.trim();
}
