import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireLock, CreationMarker } from '../../../cli/lib/state';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-state-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const lockOf = (pid: number): void =>
  writeFileSync(join(folder, 'vigil.lock'), JSON.stringify({ pid, since: '2026-01-01T00:00:00Z' }));

test('a lock is held until it is given back', () => {
  const release = acquireLock(folder, 'vigil');
  expect(() => acquireLock(folder, 'vigil')).toThrow(
    new RegExp(`another run \\(process ${process.pid}, since .*\\) is working on cluster 'vigil'`),
  );
  release();
  acquireLock(folder, 'vigil')();
  expect(readdirSync(folder)).toEqual([]);
});

test('two clusters have two locks', () => {
  const first = acquireLock(folder, 'a');
  expect(() => acquireLock(folder, 'b')()).not.toThrow();
  first();
});

test('a lock of a living process holds, and is taken over once that process has died', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  lockOf(child.pid ?? 0);
  expect(() => acquireLock(folder, 'vigil')).toThrow(`process ${child.pid}`);

  child.kill('SIGKILL');
  await once(child, 'exit');
  acquireLock(folder, 'vigil')();
  expect(readdirSync(folder)).toEqual([]);
});

test('a lock that was only half written is taken over', () => {
  writeFileSync(join(folder, 'vigil.lock'), '{"pi');
  acquireLock(folder, 'vigil')();
  expect(readdirSync(folder)).toEqual([]);
});

test('a lock that someone else took over meanwhile is not given back for them', () => {
  const release = acquireLock(folder, 'vigil');
  lockOf(1);
  release();
  expect(existsSync(join(folder, 'vigil.lock'))).toBe(true);
});

test('the marker of a half-made cluster outlives the process that set it', () => {
  new CreationMarker(folder, 'vigil').set();
  expect(new CreationMarker(folder, 'vigil').isSet).toBe(true);
  expect(new CreationMarker(folder, 'other').isSet).toBe(false);
  new CreationMarker(folder, 'vigil').clear();
  expect(new CreationMarker(folder, 'vigil').isSet).toBe(false);
});
