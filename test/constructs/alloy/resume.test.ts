import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resumeScript } from '../../../constructs/alloy/resume';

/** The last time that Alloy wrote its positions; all else is told from there. */
const SAVED = Date.parse('2026-11-21T12:00:00Z');
const MINUTE_MS = 60_000;
const WINDOW_BYTES = 3 * 1024 * 1024;

/** The nodes are Linux; elsewhere `date` has other flags. */
const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('positions set back, by the sh of Linux', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vigil-resume-'));
    mkdirSync(join(folder, 'source'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const at = (minutes: number, offset = 'Z'): string => {
    const [, sign, hours, rest] = /([+-])(\d\d):(\d\d)/.exec(offset) ?? [];
    const shift = (Number(hours ?? 0) * 60 + Number(rest ?? 0)) * (sign === '-' ? -1 : 1);
    const moment = new Date(SAVED + (minutes + shift) * MINUTE_MS);
    return `${moment.toISOString().slice(0, -1)}123456${offset}`;
  };
  const line = (minutes: number, text: string, { flag = 'F', offset = 'Z' } = {}): string =>
    `${at(minutes, offset)} stdout ${flag} ${text}\n`;

  function resume(positions: string): string {
    const file = join(folder, 'source', 'positions.yml');
    writeFileSync(file, positions);
    utimesSync(file, SAVED / 1000, SAVED / 1000);
    const { status, stderr } = spawnSync('sh', ['-c', resumeScript(folder)], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return readFileSync(file, 'utf8');
  }

  const entry = (path: string, position: number | string): string =>
    `positions:\n  ? path: ${path}\n    labels: '{app="a", job="container"}'\n  : "${position}"\n`;

  /** Where a file is read on that was read to its end, or to `position`. */
  function resumed(text: string, position = Buffer.byteLength(text)): number {
    const path = join(folder, '0.log');
    writeFileSync(path, text);
    const written = resume(entry(path, position));
    const [, found] = /: "(\d+)"\n$/.exec(written) ?? [];
    expect(written).toBe(entry(path, found ?? ''));
    return Number(found);
  }

  test('a file is read again from 50 minutes before', () => {
    const old = line(-120, 'old') + line(-51, 'a little too old');

    expect(resumed(old + line(-49, 'under way') + line(-1, 'the last'))).toBe(old.length);
  });

  test('a file in which nothing is new is read on where it was', () => {
    const old = line(-120, 'old') + line(-51, 'a little too old');

    expect(resumed(old)).toBe(old.length);
  });

  test('lines after the position do not count', () => {
    const old = line(-51, 'old');

    expect(resumed(old + line(-1, 'not read yet'), old.length)).toBe(old.length);
  });

  test.each(['+01:00', '-08:00', '+05:30'])('clocks with an offset of %s', (offset) => {
    const old = line(-51, 'old', { offset });

    expect(resumed(old + line(-49, 'under way', { offset }))).toBe(old.length);
  });

  test('parts of a long line are read from the first', () => {
    const old = line(-51, 'a', { flag: 'P' });

    expect(resumed(old + line(-49, 'b', { flag: 'P' }) + line(-49, 'c') + line(-49, 'd'))).toBe(
      old.length + line(-49, 'b', { flag: 'P' }).length + line(-49, 'c').length,
    );
  });

  test('of a large file, at most what was under way, from the beginning of a line', () => {
    const one = line(-1, 'a line with ünïcödé');
    const text = one.repeat(Math.ceil((2 * WINDOW_BYTES) / Buffer.byteLength(one)));
    const bytes = Buffer.from(text);

    const position = resumed(text);

    expect(position).toBeGreaterThanOrEqual(bytes.length - WINDOW_BYTES);
    expect(position).toBeLessThan(bytes.length - WINDOW_BYTES + 400);
    expect(bytes[position - 1]).toBe('\n'.charCodeAt(0));
  });

  test('the audit log says its time anywhere', () => {
    const event = (minutes: number): string =>
      `${JSON.stringify({ kind: 'Event', stageTimestamp: at(minutes) })}\n`;

    expect(resumed(event(-51) + event(-49))).toBe(event(-51).length);
  });

  test('another file by now, or none: Alloy sees to that itself', () => {
    expect(resumed(line(-1, 'new'), 100_000)).toBe(100_000);
    expect(resume(entry('/nowhere/0.log', 7))).toBe(entry('/nowhere/0.log', 7));
  });

  const journal = (cursor: string): string =>
    `positions:\n  ? path: cursor-loki.source.journal.a\n    labels: ""\n  : ${cursor}\n`;
  const microseconds = (minutes: number): string =>
    ((SAVED + minutes * MINUTE_MS) * 1000).toString(16);

  test('a journal is read again from 50 minutes before', () => {
    const cursor = `s=ee20;i=9cb;b=dcfb;m=659d;t=${microseconds(-1)};x=369b`;

    expect(resume(journal(cursor))).toBe(journal(`t=${microseconds(-50)}`));
  });

  test('a journal in which nothing is new is read on where it was', () => {
    const cursor = `s=ee20;i=9cb;b=dcfb;m=659d;t=${microseconds(-60)};x=369b`;

    expect(resume(journal(cursor))).toBe(journal(cursor));
  });

  test('a second start changes nothing more', () => {
    const once = resume(journal(`s=ee20;t=${microseconds(-1)};x=369b`));

    expect(resume(once)).toBe(once);
  });

  test('no positions: nothing to do', () => {
    const { status, stderr } = spawnSync('sh', ['-c', resumeScript(folder)], { encoding: 'utf8' });

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(statSync(folder).isDirectory()).toBe(true);
  });
});
