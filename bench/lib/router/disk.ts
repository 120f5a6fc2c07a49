import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { quantile } from '../quantile';

/** What a disk can promise. Times in milliseconds. */
export interface DiskRate {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** A page, as SQLite writes it. */
const BLOCK = Buffer.alloc(4096, 'v');

/** Appends a page and has the disk confirm it (fdatasync), again and again, in a file of this folder. */
export function measureDisk(folder: string, seconds: number): DiskRate {
  const path = join(folder, 'fdatasync');
  const file = openSync(path, 'w');
  const times: number[] = [];
  const start = performance.now();
  try {
    for (let now = start; now < start + seconds * 1000;) {
      writeSync(file, BLOCK);
      fdatasyncSync(file);
      const after = performance.now();
      times.push(after - now);
      now = after;
    }
  } finally {
    closeSync(file);
    rmSync(path);
  }
  const perSecond = (times.length / (performance.now() - start)) * 1000;
  return { perSecond, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}
