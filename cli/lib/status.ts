import { loadSettings } from '../../constructs/settings';
import { withClient } from './cluster';
import { readStatus } from './cluster-status';
import { AlreadyReported } from './errors';
import type { Session } from './session';
import { renderStatus } from './status-text';

/** Prints one screen on how everything is; exit code 1 when something is not well. */
export async function status(session: Session, context?: string): Promise<void> {
  const settings = loadSettings();
  await withClient(session, settings, context, async (client) => {
    const found = await readStatus(client, settings, session.signal);
    session.output.result(renderStatus(found, session.output), found);
    if (!found.ok) throw new AlreadyReported('something is not well');
  });
}
