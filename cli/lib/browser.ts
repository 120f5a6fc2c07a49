import { spawn } from 'node:child_process';

/** Opens the system's browser when there is a display; nothing is lost when that fails, the URL is on the screen. */
export function showInBrowser(url: string): void {
  const command = browserCommand(url);
  if (!command) return;
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

/** The command that shows a URL; undefined on a machine without a display. */
export function browserCommand(
  url: string,
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
): string[] | undefined {
  if (platform === 'darwin') return ['open', url];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', url];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open', url] : undefined;
}
