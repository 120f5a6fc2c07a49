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

/**
 * Stores what destinations do not know yet; within a transaction.
 * @throws StoreUnavailable when there is no room
 */
export function acceptAll(
  connection: Connection,
  acceptances: readonly Acceptance[],
  now: number,
  reminderMs: number,
): AcceptResult {
  if (connection.isFull()) throw new StoreUnavailable('the database is full');
  if (connection.books.pending() >= MAX_PENDING) {
    throw new StoreUnavailable(`${MAX_PENDING} deliveries are pending`);
  }
  const created: Created[] = [];
  let unchanged = 0;
  for (const one of acceptances) {
    const before = created.length;
    acceptOne(connection, one, { now, reminderMs, created });
    if (created.length === before) unchanged += 1;
  }
  return { created, unchanged };
}

interface Accepting {
  readonly now: number;
  readonly reminderMs: number;
  readonly created: Created[];
}

function acceptOne(connection: Connection, acceptance: Acceptance, accepting: Accepting): void {
  const { books, statements } = connection;
  const { alert, groupKey, reconciled } = acceptance;
  const { now, created } = accepting;
  let text: string | undefined;
  for (const destination of acceptance.destinations) {
    const kind = kindFor(connection, destination, acceptance, accepting);
    if (!kind) continue;
    text ??= alertToText(alert);
    const id = books.open(destination);
    const { fingerprint } = alert;
    const content = [groupKey, kind, fingerprint, text, reconciled ? 1 : 0];
    statements.insert.run(id, destination, ...content, now, now);
    created.push({ id, destination, kind });
    if (acceptance.kind) continue;
    const told = { status: alert.status, startsAt: alert.startsAt, toldAt: now };
    books.setTold(destination, fingerprint, told);
    statements.tell.run(fingerprint, destination, told.status, told.startsAt, now);
  }
  if (text !== undefined && !acceptance.kind) {
    statements.putAlert.run(alert.fingerprint, groupKey, text);
  }
}

function kindFor(
  { books }: Connection,
  destination: string,
  { kind, alert }: Acceptance,
  { now, reminderMs }: Accepting,
): DeliveryKind | undefined {
  const told = books.toldOf(destination, alert.fingerprint);
  return kind ?? whatToTell(told, alert, now, reminderMs);
}
