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

/** Looks at a cluster's alerts for some minutes. */
export async function watchQuiet(
  rulers: readonly Ruler[],
  { minutes, signal }: { readonly minutes: number; readonly signal: AbortSignal },
): Promise<Quiet> {
  const end = Date.now() + minutes * 60_000;
  const alerts = new Set<string>();
  let looks = 0;
  while (Date.now() < end) {
    const active = await Promise.all(rulers.map((ruler) => ruler.activeAlerts()));
    for (const { state, name, labels } of active.flat()) {
      alerts.add(`${state} ${name} ${JSON.stringify(labels)}`);
    }
    looks++;
    await pause(INTERVAL_MS, signal);
  }
  return { looks, alerts: [...alerts] };
}
