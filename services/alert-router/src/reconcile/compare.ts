import type { Alert } from '../model';
import type { AlertmanagerView } from './alertmanager-client';

/** An alert that fires as far as the router knows, with the group that told it last. */
export interface KnownAlert {
  readonly groupKey: string;
  readonly alert: Alert;
}

export interface Difference {
  /** They fire there, and are unknown here. */
  readonly missing: readonly Alert[];
  /** They fire here, and are unknown there. */
  readonly ended: readonly KnownAlert[];
}

/**
 * What differs between Alertmanagers and us. An alert that one of them silences or inhibits is present, but not to be
 * told; one of severity `none`, such as Watchdog, never is.
 */
export function compare(
  views: readonly AlertmanagerView[],
  firing: readonly KnownAlert[],
): Difference {
  const there = views.flatMap(({ alerts }) => alerts);
  const present = new Set(there.map(({ alert }) => alert.fingerprint));
  const quiet = new Set(
    there.filter(({ active }) => !active).map(({ alert }) => alert.fingerprint),
  );
  const here = new Set(firing.map(({ alert }) => alert.fingerprint));
  const missing = new Map(
    there
      .map(({ alert }) => alert)
      .filter(({ fingerprint }) => !here.has(fingerprint) && !quiet.has(fingerprint))
      .filter(({ labels }) => labels.severity !== 'none' && labels.alertname !== 'Watchdog')
      .map((alert) => [alert.fingerprint, alert]),
  );
  return {
    missing: [...missing.values()],
    ended: firing.filter(({ alert }) => !present.has(alert.fingerprint)),
  };
}
