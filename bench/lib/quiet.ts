import { pause } from '../../cli/lib/async';
import type { ActiveAlert } from '../../cli/lib/prometheus-api';

/** Less than an evaluation takes, so that no alert comes and goes between two looks. */
const INTERVAL_MS = 5000;

/** Who evaluates rules: Prometheus, and Loki for those on logs. */
export interface Ruler {
  /** What is pending or fires, but for Watchdog. */
  readonly activeAlerts: () => Promise<readonly ActiveAlert[]>;
}

export interface Quiet {
  /** How often was looked. */
  readonly looks: number;
  /** What fired or was pending beside Watchdog, each once: `pending NodeCpuBusy {node="…"}`. */
  readonly alerts: readonly string[];
}

/** More than the time between two evaluations, so that every rule has been asked. */
const SETTLED_MS = 30_000;
/** The longest window of a rule that sees how a stack came up is 2 minutes. */
const SETTLE_AT_MOST_MS = 180_000;

/**
 * Waits until nothing of how the stack came up, or of what came before, has been pending or firing for 30 seconds; for
 * 3 minutes at most: who watches then sees what is left.
 * @returns how long that took, in seconds
 */
export async function settle(rulers: readonly Ruler[], signal: AbortSignal): Promise<number> {
  const start = Date.now();
  let lastActive = start;
  while (Date.now() < Math.min(lastActive + SETTLED_MS, start + SETTLE_AT_MOST_MS)) {
    await pause(INTERVAL_MS, signal);
    if ((await active(rulers)).length > 0) lastActive = Date.now();
  }
  return (Date.now() - start) / 1000;
}

/** Looks at a cluster's alerts for some minutes. */
export async function watchQuiet(
  rulers: readonly Ruler[],
  { minutes, signal }: { readonly minutes: number; readonly signal: AbortSignal },
): Promise<Quiet> {
  const end = Date.now() + minutes * 60_000;
  const alerts = new Set<string>();
  let looks = 0;
  while (Date.now() < end) {
    for (const { state, name, labels } of await active(rulers)) {
      alerts.add(`${state} ${name} ${JSON.stringify(labels)}`);
    }
    looks++;
    await pause(INTERVAL_MS, signal);
  }
  return { looks, alerts: [...alerts] };
}

async function active(rulers: readonly Ruler[]): Promise<readonly ActiveAlert[]> {
  return (await Promise.all(rulers.map((ruler) => ruler.activeAlerts()))).flat();
}
