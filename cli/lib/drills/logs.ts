import { nanoseconds } from '../loki-api';
import { NotHere, type Scene } from './drill';

const LOOK_BACK_MS = 10 * 60_000;

/**
 * @param selector of log lines, of which there must be some by now.
 * @throws NotHere with the reason when none has arrived within 10 minutes.
 */
export async function needLines(
  { stations }: Scene,
  selector: string,
  reason: string,
): Promise<void> {
  const start = nanoseconds(Date.now() - LOOK_BACK_MS);
  const lines = await stations.loki.ask((loki) => loki.query(selector, { start, limit: 1 }));
  if (lines.length === 0) throw new NotHere(reason);
}
