import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Delivery, DeliveryKind } from '../model';
import { alertFromText } from './stored-alert';
import { numberOf, STATES, type State } from './states';

/** A delivery, and what became of it. */
export interface DeliveryRecord extends Delivery {
  readonly state: State;
  /** When it left `pending`, in milliseconds since the Unix epoch. */
  readonly settledAt?: number;
  /** Of its last failure, or why it is a dead letter. */
  readonly reason?: string;
  readonly messageId?: string;
}

interface Row {
  readonly id: number;
  readonly destination: string;
  readonly state: number;
  readonly group_key: string;
  readonly kind: string;
  readonly alert: string;
  readonly reconciled: number;
  readonly accepted_at: number;
  readonly attempts: number;
  readonly settled_at: number | null;
  readonly reason: string | null;
  readonly message_id: string | null;
}

/** What the sweep reads of a pending delivery. */
export interface Waiting {
  readonly id: number;
  readonly fingerprint: string;
  readonly kind: DeliveryKind;
  readonly since: number;
}

const SQL = {
  insert: `
    INSERT INTO delivery (id, destination, state, group_key, kind, fingerprint, alert, reconciled,
      accepted_at, pending_since)
    VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, ?)`,
  settle: `
    UPDATE delivery SET state = ?, settled_at = ?, reason = ifnull(?, reason), message_id = ?
    WHERE id = ? AND state = ?`,
  attempt: 'UPDATE delivery SET attempts = attempts + 1, reason = ? WHERE id = ?',
  reopen: `
    UPDATE delivery SET state = 0, pending_since = ?, settled_at = NULL, attempts = 0
    WHERE id = ? AND state = ?`,
  remove: 'DELETE FROM delivery WHERE id = ?',
  tell: `
    INSERT INTO told (fingerprint, destination, status, starts_at, told_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
      status = excluded.status, starts_at = excluded.starts_at, told_at = excluded.told_at`,
  forget: 'DELETE FROM told WHERE fingerprint = ? AND destination = ?',
  putAlert: `
    INSERT INTO alert (fingerprint, group_key, alert) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET group_key = excluded.group_key, alert = excluded.alert`,
  forgetAlert: `
    DELETE FROM alert WHERE fingerprint = ?1
      AND NOT EXISTS (SELECT 1 FROM told WHERE fingerprint = ?1)`,
  putTotal: `
    INSERT INTO total (destination, pending, delivered, coalesced, dead, expired)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET pending = excluded.pending, delivered = excluded.delivered,
      coalesced = excluded.coalesced, dead = excluded.dead, expired = excluded.expired`,
  call: 'INSERT INTO call (destination, at) VALUES (?, ?)',
  forgetCalls: 'DELETE FROM call WHERE at < ?',
  putMeta: `
    INSERT INTO meta (key, value) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET value = excluded.value`,
  allMeta: 'SELECT key, value FROM meta',
  allCalls: 'SELECT destination, at FROM call ORDER BY at',
  allTold:
    'SELECT fingerprint, destination, status, starts_at AS startsAt, told_at AS toldAt FROM told',
  total: 'SELECT * FROM total WHERE destination = ?',
  allTotals: 'SELECT * FROM total',
  alerts: 'SELECT fingerprint, group_key AS groupKey, alert FROM alert',
  alert: 'SELECT alert FROM alert WHERE fingerprint = ?',
  one: 'SELECT * FROM delivery WHERE id = ?',
  oldest: `
    SELECT accepted_at AS at FROM delivery WHERE destination = ? AND state = 0
    ORDER BY id LIMIT 1`,
  waiting: `
    SELECT id, fingerprint, kind, pending_since AS since FROM delivery
    WHERE destination = ? AND state = 0 ORDER BY id LIMIT ?`,
  beyond: `
    SELECT id FROM delivery WHERE destination = ? AND state = ?
    ORDER BY id DESC LIMIT ? OFFSET ?`,
  after: `
    SELECT id, settled_at AS settledAt FROM delivery
    WHERE destination = ? AND state = ? AND id > ? ORDER BY id LIMIT ?`,
  countSince: `
    SELECT count(*) AS count FROM delivery
    WHERE destination = ? AND state = ? AND settled_at >= ? AND reason = ?`,
  count: 'SELECT count(*) AS count FROM delivery WHERE destination = ? AND state = ?',
  size: `
    SELECT page_count AS pages, freelist_count AS free, page_size AS size
    FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
  upwards: `
    SELECT * FROM delivery WHERE destination = ? AND state = ? ORDER BY id LIMIT ?`,
  downwards: `
    SELECT * FROM delivery WHERE destination = ? AND state = ? ORDER BY id DESC LIMIT ?`,
} as const;

/** Every statement, prepared once for each connection. */
export type Statements = Readonly<Record<keyof typeof SQL, StatementSync>>;

export function prepareStatements(db: DatabaseSync): Statements {
  const prepared = Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)]);
  return Object.fromEntries(prepared) as Statements;
}

/** Those of a destination in a state, oldest or newest first. */
export function deliveriesOf(
  { upwards, downwards }: Statements,
  destination: string,
  state: State,
  { limit, newest = false }: { readonly limit: number; readonly newest?: boolean },
): DeliveryRecord[] {
  const rows = (newest ? downwards : upwards).all(destination, numberOf(state), limit);
  return (rows as unknown as Row[]).map(recordOf);
}

/** What is read of many settled deliveries at once. */
export interface Settled {
  readonly id: number;
  /** In milliseconds since the Unix epoch. */
  readonly settledAt: number;
}

/** The oldest settled ones of a destination in a state, with numbers above `after`. */
export function settledAfter(
  { after: statement }: Statements,
  destination: string,
  state: State,
  { after = 0, limit }: { readonly after?: number; readonly limit: number },
): Settled[] {
  return statement.all(destination, numberOf(state), after, limit) as unknown as Settled[];
}

export function deliveryOf({ one }: Statements, id: number): DeliveryRecord | undefined {
  const row = one.get(id) as unknown as Row | undefined;
  return row && recordOf(row);
}

function recordOf(row: Row): DeliveryRecord {
  return {
    id: row.id,
    destination: row.destination,
    state: STATES[row.state] ?? 'dead',
    groupKey: row.group_key,
    kind: row.kind as DeliveryKind,
    alert: alertFromText(row.alert),
    reconciled: row.reconciled === 1,
    acceptedAt: row.accepted_at,
    attempts: row.attempts,
    settledAt: row.settled_at ?? undefined,
    reason: row.reason ?? undefined,
    messageId: row.message_id ?? undefined,
  };
}
