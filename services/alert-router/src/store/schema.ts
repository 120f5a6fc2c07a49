import type { DatabaseSync } from 'node:sqlite';
import { StoreRefused } from './errors';

/**
 * The steps to each version of the schema, from an empty database on; `user_version` is how many were taken. A step
 * that was released never changes.
 *
 * delivery: the outbox, and what became of it. told: what each destination knows of each alert. alert: the last known
 * content of each alert in `told`. total: the ledger, in the same transactions as the rows that it counts. call: times
 * of calls to destinations, for their rate limits.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE delivery (
     id INTEGER PRIMARY KEY,
     destination TEXT NOT NULL,
     state INTEGER NOT NULL,
     group_key TEXT NOT NULL,
     kind TEXT NOT NULL,
     fingerprint TEXT NOT NULL,
     alert TEXT NOT NULL,
     reconciled INTEGER NOT NULL,
     accepted_at INTEGER NOT NULL,
     pending_since INTEGER NOT NULL,
     attempts INTEGER NOT NULL DEFAULT 0,
     settled_at INTEGER,
     reason TEXT,
     message_id TEXT
   ) STRICT;
   CREATE INDEX delivery_state ON delivery (destination, state, id);
   CREATE TABLE told (
     fingerprint TEXT NOT NULL,
     destination TEXT NOT NULL,
     status TEXT NOT NULL,
     starts_at INTEGER NOT NULL,
     told_at INTEGER NOT NULL,
     PRIMARY KEY (fingerprint, destination)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE alert (
     fingerprint TEXT PRIMARY KEY,
     group_key TEXT NOT NULL,
     alert TEXT NOT NULL
   ) STRICT;
   CREATE TABLE total (
     destination TEXT PRIMARY KEY,
     pending INTEGER NOT NULL,
     delivered INTEGER NOT NULL,
     coalesced INTEGER NOT NULL,
     dead INTEGER NOT NULL,
     expired INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE call (destination TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
   CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;`,
];

/**
 * Brings the schema up to date.
 * @throws StoreRefused when the database is of a version that this program does not know
 */
export function migrate(db: DatabaseSync): void {
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as {
    user_version: number;
  };
  if (version > MIGRATIONS.length) {
    const known = `this program knows up to ${MIGRATIONS.length}`;
    throw new StoreRefused(`the database has schema version ${version}, ${known}: use a newer one`);
  }
  for (const [index, step] of MIGRATIONS.entries()) {
    if (index < version) continue;
    db.exec(`BEGIN; ${step} PRAGMA user_version = ${index + 1}; COMMIT`);
  }
}
