import type { Alert, DeliveryKind } from '../model';
import type { Connection } from './connection';
import { StoreUnavailable } from './errors';
import { alertToText } from './stored-alert';
import { whatToTell } from './told';

/** An alert, and where it goes. */
export interface Acceptance {
  readonly destinations: readonly string[];
  readonly groupKey: string;
  readonly alert: Alert;
  /** Told in any case, and not remembered. Default: what is told follows from what was told before. */
  readonly kind?: 'test' | 'notice';
  /** Found by the reconciler. Default: false. */
  readonly reconciled?: boolean;
}

export interface Created {
  readonly id: number;
  readonly destination: string;
  readonly kind: DeliveryKind;
}

export interface AcceptResult {
  readonly created: readonly Created[];
  /** Alerts of which no destination learned anything new. */
  readonly unchanged: number;
}

/** More pending deliveries than this are not taken. */
const MAX_PENDING = 200_000;

export interface AcceptOptions {
  /** In milliseconds since the Unix epoch. */
  readonly now: number;
  /** After which an alert that still fires is told again. */
  readonly reminderMs: number;
  readonly isConfigured: (destination: string) => boolean;
}

/**
 * Stores what destinations do not know yet; within a transaction.
 * @throws StoreUnavailable when there is no room
 */
export function acceptAll(
  connection: Connection,
  acceptances: readonly Acceptance[],
  options: AcceptOptions,
): AcceptResult {
  if (connection.isFull()) throw new StoreUnavailable('the database is full');
  if (connection.books.pending() >= MAX_PENDING) {
    throw new StoreUnavailable(`${MAX_PENDING} deliveries are pending`);
  }
  const created: Created[] = [];
  let unchanged = 0;
  for (const one of acceptances) {
    const before = created.length;
    acceptOne(connection, one, { ...options, created });
    if (created.length === before) unchanged += 1;
  }
  return { created, unchanged };
}

interface Accepting extends AcceptOptions {
  readonly created: Created[];
}

function acceptOne(connection: Connection, acceptance: Acceptance, accepting: Accepting): void {
  const { books, statements } = connection;
  const { alert, groupKey, reconciled } = acceptance;
  const { fingerprint } = alert;
  const { now, created } = accepting;
  let text: string | undefined;
  forgetUnconfigured(connection, acceptance, accepting);
  for (const destination of destinationsOf(connection, acceptance, accepting)) {
    const kind = kindFor(connection, destination, acceptance, accepting);
    if (!kind) continue;
    text ??= alertToText(alert);
    const id = books.open(destination);
    const content = [groupKey, kind, fingerprint, text, reconciled ? 1 : 0];
    statements.insert.run(id, destination, ...content, now, now);
    created.push({ id, destination, kind });
    if (acceptance.kind) continue;
    const told = { status: alert.status, startsAt: alert.startsAt, toldAt: now };
    books.setTold(destination, fingerprint, told);
    statements.tell.run(fingerprint, destination, told.status, told.startsAt, now);
  }
  if (text !== undefined && !acceptance.kind) {
    statements.putAlert.run(fingerprint, groupKey, text);
  }
}

/** An end is told wherever the beginning was: the routes may have changed meanwhile. */
function destinationsOf(
  { books }: Connection,
  { alert, destinations, kind }: Acceptance,
  { isConfigured }: AcceptOptions,
): Iterable<string> {
  if (kind || alert.status === 'firing') return destinations;
  return new Set([...destinations, ...books.toldFiring(alert.fingerprint).filter(isConfigured)]);
}

/** Where nobody is told any more, what is over is no longer remembered as firing. */
function forgetUnconfigured(
  connection: Connection,
  acceptance: Acceptance,
  accepting: AcceptOptions,
): void {
  const { books, statements } = connection;
  const { fingerprint, status } = acceptance.alert;
  if (acceptance.kind || status === 'firing') return;
  for (const destination of books.toldFiring(fingerprint)) {
    if (accepting.isConfigured(destination)) continue;
    if (!kindFor(connection, destination, acceptance, accepting)) continue;
    books.setTold(destination, fingerprint, undefined);
    statements.forget.run(fingerprint, destination);
    statements.forgetAlert.run(fingerprint);
  }
}

function kindFor(
  { books }: Connection,
  destination: string,
  { kind, alert }: Acceptance,
  { now, reminderMs }: AcceptOptions,
): DeliveryKind | undefined {
  const told = books.toldOf(destination, alert.fingerprint);
  return kind ?? whatToTell(told, alert, now, reminderMs);
}
