/**
 * The program of the writer's pod: so many numbered lines, at a steady rate, as a service of today logs them. It runs
 * by itself (`node --eval`), imports nothing of ours and gets its orders as variables.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Short enough for a steady rate, and long enough to leave the processor to what is measured. */
const TICK_MS = 10;

const lines = Number(process.env.LINES);
const perSecond = Number(process.env.LINES_PER_SECOND);
const reportFile = process.env.REPORT_FILE ?? '';

/** About 200 bytes. */
const lineOf = (seq: number): string =>
  JSON.stringify({
    level: 'info',
    time: Date.now(),
    seq,
    msg: 'order accepted and handed to the warehouse',
    order: `o-${String(seq).padStart(9, '0')}`,
    customer: `c-${String((seq * 7919) % 100_000).padStart(6, '0')}`,
    items: (seq % 9) + 1,
    durationMs: (seq * 31) % 500,
    region: 'eu-central-1',
  });

const started = performance.now();
const elapsed = (): number => (performance.now() - started) / 1000;
let written = 0;
while (written < lines) {
  // What was late is caught up with, so that the rate is held over the whole time.
  const due = Math.min(lines, Math.floor(elapsed() * perSecond) + 1);
  let text = '';
  for (; written < due; written++) text += `${lineOf(written)}\n`;
  process.stdout.write(text);
  await pause(TICK_MS);
}
const seconds = elapsed();
// After everything before it has been taken.
process.stdout.write('', () => writeFileSync(reportFile, JSON.stringify({ lines, seconds })));
