import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { numberIn } from '../../../../bench/lib/logs/read';
import { writerCommand } from '../../../../bench/lib/logs/writer-pod';

const LINES = 600;
const PER_SECOND = 1000;

describe('the writer, as its pod starts it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-writer-'));
  const report = join(folder, 'report');
  let lines: string[];

  beforeAll(async () => {
    const [, ...args] = await writerCommand();
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      env: { LINES: `${LINES}`, LINES_PER_SECOND: `${PER_SECOND}`, REPORT_FILE: report },
    });
    lines = stdout.trimEnd().split('\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('writes each number once, in order', () => {
    expect(lines.map(numberIn)).toEqual(Array.from({ length: LINES }, (_, index) => index));
  });

  test('lines are as long as those of a real service', () => {
    const mean = lines.reduce((sum, { length }) => sum + length, 0) / LINES;
    expect(mean).toBeGreaterThan(180);
    expect(mean).toBeLessThan(230);
  });

  test('and spread over the time that they should take', () => {
    const times = lines.map((text) => (JSON.parse(text) as { time: number }).time);
    const took = (times.at(-1) ?? 0) - (times[0] ?? 0);
    expect(took).toBeGreaterThan((LINES / PER_SECOND) * 1000 * 0.9);
    expect(new Set(times).size).toBeGreaterThan(20);
  });

  test('it reports what it wrote and how long that took', () => {
    const written = JSON.parse(readFileSync(report, 'utf8')) as { lines: number; seconds: number };
    expect(written.lines).toBe(LINES);
    expect(written.seconds).toBeGreaterThan((LINES / PER_SECOND) * 0.9);
  });
});
