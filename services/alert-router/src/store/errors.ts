/** A write that cannot be taken now (disk full, too much pending, closing): ask again later. */
export class StoreUnavailable extends Error {}

/** A database that must not be used at all: of a newer version, or in use by another process. One line. */
export class StoreRefused extends Error {}

/** Primary result codes (https://www.sqlite.org/rescode.html) that mean more here than "failed". */
const SQLITE_BUSY = 5;
export const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** The database cannot be read as one. */
export function isCorrupt(error: unknown): boolean {
  return [SQLITE_CORRUPT, SQLITE_NOTADB].includes(resultCode(error) ?? 0);
}

/** Another process holds the database. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === SQLITE_BUSY;
}

/** SQLite's primary result code, of errors that are SQLite's. */
export function resultCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}
