import type { DeliveryKind } from '../model';

/**
 * What the router says about itself: the answer of GET /api/v1/status, what the page shows, and what `vigil alerts`
 * and `vigil try` read. It holds no secret: reasons and errors are written without URLs. Times are milliseconds since
 * the Unix epoch.
 */
export interface RouterStatus {
  readonly version: string;
  readonly startedAt: number;
  readonly now: number;
  readonly heartbeat: HeartbeatStatus;
  readonly totals: Totals;
  readonly destinations: readonly DestinationStatus[];
  /** Newest first. */
  readonly lastDeliveries: readonly SettledDelivery[];
  /** Newest first. */
  readonly deadLetters: readonly SettledDelivery[];
  /** What waited within the last day for destinations that the configuration no longer has. */
  readonly orphans: readonly Orphans[];
  readonly reconciler: ReconcilerStatus;
  readonly store: StoreStatus;
}

/** Dead letters of a destination that the configuration no longer has. */
export interface Orphans {
  readonly destination: string;
  readonly letters: number;
}

export interface HeartbeatStatus {
  readonly lastAt?: number;
  /** None came for longer than the configuration allows. */
  readonly silent: boolean;
}

/** Rows of the outbox since the database was made: accepted = delivered + coalesced + dead + expired + pending. */
export interface Totals {
  readonly accepted: number;
  readonly delivered: number;
  readonly coalesced: number;
  readonly dead: number;
  readonly expired: number;
  readonly pending: number;
}

/**
 * `ready`: may be called now. `waiting`: for a rate limit. `retrying`: after trouble of the moment. `unhealthy`: not
 * called until its credential or the configuration changes, or someone asks for a retry. `parked`: cannot be called.
 */
export type DestinationState = 'ready' | 'waiting' | 'retrying' | 'unhealthy' | 'parked';

/** What a destination's lane says of itself. */
export interface LaneStatus {
  readonly name: string;
  readonly kind: string;
  readonly state: DestinationState;
  readonly reason?: string;
  /** When the next call is due, while it waits or retries. */
  readonly untilMs?: number;
  readonly lastDeliveredAt?: number;
  readonly lastError?: string;
}

export interface DestinationStatus extends LaneStatus {
  readonly pending: number;
  readonly oldestPendingSeconds?: number;
  readonly delivered: number;
  /** Dead letters that are kept: refused ones, and those that waited too long. */
  readonly dead: number;
}

/** A delivery that ended. */
export interface SettledDelivery {
  readonly id: number;
  readonly destination: string;
  readonly kind: DeliveryKind;
  /** The alert's name. */
  readonly alertname: string;
  readonly severity: string;
  /** The alert's labels in Alertmanager's notation, for telling apart what has the same name. */
  readonly labels: string;
  readonly acceptedAt: number;
  readonly settledAt: number;
  readonly outcome: 'delivered' | 'coalesced' | 'dead' | 'expired';
  /** Why it is a dead letter. */
  readonly reason?: string;
}

export interface ReconcilerStatus {
  /** False when the configuration names no Alertmanager. */
  readonly enabled: boolean;
  readonly lastSuccessAt?: number;
  readonly lastError?: string;
  /** Alerts that only Alertmanager's API knew of. */
  readonly added: number;
  /** Alerts whose end only Alertmanager's API knew of. */
  readonly resolved: number;
}

export interface StoreStatus {
  readonly bytes: number;
  /** False while writes fail, as on a full disk; Alertmanager is then answered 503. */
  readonly writable: boolean;
  /** Damaged databases that were moved aside and are still there. */
  readonly corruptCopies: number;
  /** When the last of them was. */
  readonly lastCorruptAt?: number;
}

/** The answer of GET /api/v1/deliveries/<id>. */
export interface DeliveryStatus {
  readonly id: number;
  readonly destination: string;
  readonly state: 'pending' | SettledDelivery['outcome'];
  readonly attempts: number;
  /** What its destination is doing, which explains why it is still pending. */
  readonly destinationState: DestinationState;
  /** Why it is a dead letter or, while it is pending, what holds it up. */
  readonly reason?: string;
}
