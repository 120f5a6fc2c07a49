import { showInBrowser } from '../browser';
import type { Session } from '../session';
import { PageServer } from './page-server';
import { Show } from './show';
import { Stage } from './stage';

export interface TryOptions {
  /** Port of the page; 0 for a free one. */
  readonly port: number;
  readonly browser: boolean;
  /** Seconds of the recording in a second of the clock. */
  readonly speed: number;
}

/**
 * Plays recorded alerts to a router on this machine and shows what arrives, until Ctrl-C.
 *
 * @throws CliError when the port is taken or the router does not start.
 */
export async function tryOut({ output, signal }: Session, options: TryOptions): Promise<void> {
  if (!output.json) output.note('Starting the alert-router on this machine …');
  const page = await PageServer.listen(options.port);
  try {
    await play(page, { output, signal }, options);
  } finally {
    await page.close();
  }
}

async function play(
  page: PageServer,
  { output, signal }: Session,
  options: TryOptions,
): Promise<void> {
  const stage = await Stage.raise(signal);
  try {
    const show = new Show(stage, options.speed);
    await page.present(show);
    const lines = [`vigil try: ${page.url}`, 'Nothing leaves this machine. Ctrl-C ends it.'];
    output.result(lines.join('\n'), { ok: true, url: page.url });
    if (options.browser && !output.json) showInBrowser(page.url);
    await show.run(signal);
  } finally {
    await stage.strike();
  }
}
