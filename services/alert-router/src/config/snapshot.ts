import type { RouterConfig } from '../../../../constructs/alert-router/router-config';

/** The configuration at one moment. It never changes; a change is another snapshot. */
export interface Snapshot {
  readonly config: RouterConfig;
  /** By destination; one that has none is absent. Secret: for the destination itself, never for logs or errors. */
  readonly credentials: ReadonlyMap<string, string>;
  /** Grows with each change. */
  readonly revision: number;
}

/** The configuration as it changes. */
export interface ConfigSource {
  /** The newest one that is valid. */
  readonly current: Snapshot;
  /** Calls the listener with each later snapshot. */
  onChange(listener: (snapshot: Snapshot) => void): void;
}
