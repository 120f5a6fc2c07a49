import { readdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isBusy, SQLITE_CORRUPT, StoreRefused } from './errors';
import { migrate } from './schema';

/** How long another process may hold the database, as one that is ending does, in milliseconds. */
const LOCK_TIMEOUT_MS = 5_000;
/** The share of its volume that the database may fill. The rest is for the write-ahead log. */
const VOLUME_SHARE = 0.8;
const LEAST_BYTES = 8 * 2 ** 20;
/** The share of its own limit up to which alerts are accepted: what is over lets those that are there be settled. */
const ACCEPT_SHARE = 0.9;
const LOG_LIMIT_BYTES = 4 * 2 ** 20;
const KEPT_COPIES = 3;

/** An open database, and how many pages it may have before alerts are refused. */
export interface OpenDatabase {
  readonly db: DatabaseSync;
  readonly acceptPages: number;
}

/**
 * Opens the database, or makes it; it belongs to this process alone until it is closed. Durable at every commit.
 *
 * @param maxBytes its largest size; default: 80 % of its volume
 * @throws StoreRefused when it must not be used
 * @throws Error of SQLite otherwise; see `isCorrupt`
 */
export function openDatabase(file: string, maxBytes = bytesOfVolume(file)): OpenDatabase {
  const db = new DatabaseSync(file, { timeout: LOCK_TIMEOUT_MS });
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    db.exec(`PRAGMA journal_size_limit = ${LOG_LIMIT_BYTES}`);
    check(db);
    migrate(db);
    const { page_size: size } = db.prepare('PRAGMA page_size').get() as { page_size: number };
    const pages = Math.floor(maxBytes / size);
    db.exec(`PRAGMA max_page_count = ${pages}`);
    return { db, acceptPages: Math.floor(pages * ACCEPT_SHARE) };
  } catch (error) {
    db.close();
    if (isBusy(error)) throw new StoreRefused(`${file} is in use by another process`);
    throw error;
  }
}

/** Moves a damaged database aside, keeps the newest few of those, and returns its new path. */
export function moveAside(file: string, now: Date): string {
  const folder = path.dirname(file);
  const prefix = `${path.basename(file)}.corrupt-`;
  const copy = path.join(folder, prefix + now.toISOString());
  for (const suffix of ['', '-wal']) moveIfThere(file + suffix, copy + suffix);
  rmSync(`${file}-shm`, { force: true });
  const copies = corruptCopies(file);
  for (const old of copies.slice(0, -KEPT_COPIES)) {
    for (const suffix of ['', '-wal']) rmSync(path.join(folder, old + suffix), { force: true });
  }
  return copy;
}

/** Names of the damaged databases that were moved aside, oldest first. */
export function corruptCopies(file: string): string[] {
  const prefix = `${path.basename(file)}.corrupt-`;
  return readdirSync(path.dirname(file))
    .filter((name) => name.startsWith(prefix) && !name.endsWith('-wal'))
    .sort();
}

/** When the newest of them was moved aside, in milliseconds since the Unix epoch; its name says so. */
export function lastCorruptAt(file: string): number | undefined {
  const newest = corruptCopies(file).at(-1);
  if (newest === undefined) return undefined;
  const at = Date.parse(newest.slice(`${path.basename(file)}.corrupt-`.length));
  return Number.isNaN(at) ? undefined : at;
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function bytesOfVolume(file: string): number {
  const { bsize, blocks } = statfsSync(path.dirname(file));
  return Math.max(LEAST_BYTES, bsize * blocks * VOLUME_SHARE);
}

/** @throws Error that `isCorrupt` when the pages of the database are damaged */
function check(db: DatabaseSync): void {
  const { quick_check: verdict } = db.prepare('PRAGMA quick_check(1)').get() as {
    quick_check: string;
  };
  if (verdict !== 'ok') throw Object.assign(new Error(verdict), { errcode: SQLITE_CORRUPT });
}
