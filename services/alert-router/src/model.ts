import type { DestinationConfig } from '../../../constructs/alert-router/router-config';

/**
 * What the parts of the router hand to each other. Accepting writes deliveries, the outbox keeps them, and one lane for
 * each destination delivers them; nothing else is shared.
 */

/** Labels or annotations. Made without a prototype, so that a label called `__proto__` is a label. */
export type Labels = Readonly<Record<string, string>>;

export type AlertStatus = 'firing' | 'resolved';

/** One alert of a webhook body. Times are milliseconds since the Unix epoch. */
export interface Alert {
  /** Alertmanager's hash of the labels: the same for firing and resolved. */
  readonly fingerprint: string;
  readonly status: AlertStatus;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: number;
  /** When it resolved; absent while it fires. */
  readonly endsAt?: number;
  /** Untrusted, as everything here is. */
  readonly generatorURL?: string;
}

/** A webhook body, validated: the state of one group of alerts. */
export interface Notification {
  readonly groupKey: string;
  readonly alerts: readonly Alert[];
  /** Alerts that Alertmanager left out of the body. */
  readonly truncatedAlerts: number;
}

/**
 * Why a message is sent: an alert that began, ended or still fires after `reminderSeconds`; one that the reconciler
 * found; a test by a person; a notice of the router about itself.
 */
export type DeliveryKind = 'firing' | 'resolved' | 'reminder' | 'test' | 'notice';

/** One alert on its way to one destination: a row of the outbox. */
export interface Delivery {
  /** Ascending in the order of acceptance. */
  readonly id: number;
  readonly destination: string;
  readonly groupKey: string;
  readonly kind: DeliveryKind;
  readonly alert: Alert;
  /** Milliseconds since the Unix epoch. */
  readonly acceptedAt: number;
  /** Failed attempts so far. */
  readonly attempts: number;
  /** Found by the reconciler in place of Alertmanager's own notification. */
  readonly reconciled: boolean;
}

/** What became of a call to a destination. */
export type Outcome =
  /** Taken; the warning says what was not as it should be, such as a recipient whom the server refused. */
  | { readonly kind: 'delivered'; readonly messageId?: string; readonly warning?: string }
  /** Trouble of the moment: tried again with backoff, and never given up before the deliveries' maximum age. */
  | { readonly kind: 'retry'; readonly reason: string }
  /** A rate limit: no attempt is counted, nothing is sent before `ms` milliseconds have passed. */
  | { readonly kind: 'wait'; readonly ms: number; readonly reason: string }
  /** This content will never be taken: dead letters. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The destination itself is gone or forbids us: no more calls until its credential or the configuration changes. */
  | { readonly kind: 'unhealthy'; readonly reason: string };

/** The next message of a destination, made of some of its pending deliveries. */
export interface Message {
  /** Those that the message tells. */
  readonly delivered: readonly Delivery[];
  /** Those that need no telling of their own, because one of `delivered` tells them too (fired and resolved in one). */
  readonly coalesced: readonly Delivery[];
  /** Sends it, once. Rejects never: every trouble is an outcome. */
  send(signal: AbortSignal): Promise<Outcome>;
}

/** One place where alerts go, with its credential read. */
export interface Destination {
  readonly name: string;
  readonly kind: DestinationConfig['kind'];
  /** Milliseconds until the destination's own limits allow a call; 0 when it may be called now. */
  waitMs(): number;
  /**
   * The next message. Order is kept within each group, and a resolved alert never precedes its firing.
   *
   * @param pending the destination's oldest deliveries, oldest first; at least one.
   */
  compose(pending: readonly Delivery[]): Message;
  /** Asks whether messages would be taken, without sending one. Absent where that cannot be asked. Rejects never. */
  verify?(signal: AbortSignal): Promise<Outcome>;
  /** Frees connections. */
  close(): void;
}

/** A destination that cannot be called, and why: shown and metered, but no error. */
export interface Parked {
  readonly name: string;
  readonly kind: DestinationConfig['kind'];
  /** One line without secrets, such as `no credential`. */
  readonly parked: string;
}

/** What the lanes need of the store. Every write resolves after its commit. */
export interface Outbox {
  /** Pending deliveries of a destination, oldest first. */
  pending(destination: string, limit: number): Delivery[];
  /** The message was taken: its deliveries are done, in one transaction. */
  delivered(message: Pick<Message, 'delivered' | 'coalesced'>, messageId?: string): Promise<void>;
  /** A failed attempt, for the status page. */
  attempted(deliveries: readonly Delivery[], reason: string): Promise<void>;
  /** They will not be delivered; kept as dead letters with the reason. */
  bury(deliveries: readonly Delivery[], reason: string): Promise<void>;
  /** Times of the calls of the last `ms` milliseconds (since the Unix epoch), so that a restart forgets no rate limit. */
  callsWithin(destination: string, ms: number): number[];
  /** Before each call: it may count at the far end even when we are killed before its answer. */
  calling(destination: string): Promise<void>;
}
