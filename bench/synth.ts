import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../cli/lib/errors';
import { run } from '../cli/lib/exec';
import { ROOT } from '../cli/lib/paths';
import type { Session } from '../cli/lib/session';
import { bench } from './lib/bench';
import { median, timed, type Figure } from './lib/figures';

const RUNS = 5;
const MORE = 300;

/** The time of `npm run synth`, whether its output is the same each time, and what 300 more components cost. */
async function measure({ output, signal }: Session): Promise<Figure[]> {
  const times: number[] = [];
  const hashes = new Set<string>();
  for (let round = 1; round <= RUNS; round++) {
    const { seconds } = await timed(() => run('npm', ['run', '--silent', 'synth'], { signal }));
    times.push(seconds);
    hashes.add(hashOf(join(ROOT, 'dist')));
    output.note(`synth ${round} of ${RUNS}: ${seconds.toFixed(2)} s`);
  }
  const [plain] = await synthMany(0, 1, signal);
  const many = await synthMany(MORE, RUNS, signal);
  const [first] = many;
  if (!first || !plain) throw new CliError('nothing was synthesised');
  for (const key of ['charts', 'policies', 'leaves', 'scrapeJobs'] as const) {
    const grown = first.made[key] - plain.made[key];
    if (grown !== MORE) throw new CliError(`${MORE} components made ${grown} more ${key}`);
  }
  output.note(`with ${MORE} more: ${JSON.stringify(first.made)}`);
  const manySeconds = median(many.map(({ seconds }) => seconds));
  return [
    {
      what: `npm run synth, median of ${RUNS}`,
      value: median(times),
      unit: 's',
      digits: 2,
      atMost: 2,
    },
    { what: `different outputs of ${RUNS} runs`, value: hashes.size - 1, atMost: 0 },
    { what: `with ${MORE} more components`, value: manySeconds, unit: 's', digits: 2, atMost: 5 },
    { what: 'against the plain stack', value: manySeconds / median(times), digits: 1 },
  ];
}

function hashOf(folder: string): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).sort()) {
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(folder, file)));
  }
  return hash.digest('hex');
}

interface Made {
  readonly charts: number;
  readonly objects: number;
  readonly policies: number;
  readonly leaves: number;
  readonly scrapeJobs: number;
}

async function synthMany(
  count: number,
  runs: number,
  signal: AbortSignal,
): Promise<{ seconds: number; made: Made }[]> {
  const script = join(__dirname, 'lib', 'synth-many.ts');
  const args = [require.resolve('tsx/cli'), script, join(ROOT, 'build', 'bench'), String(count)];
  const results = [];
  for (let round = 0; round < runs; round++) {
    const { seconds, result } = await timed(() => run(process.execPath, args, { signal }));
    results.push({ seconds, made: JSON.parse(result) as Made });
  }
  return results;
}

void bench({ title: 'Synthesis', minutes: 5, measure });
