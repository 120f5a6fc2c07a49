import { once } from 'node:events';
import { restartsByPod } from '../../bench/lib/cluster';
import { pressCtrlC, startVigil, up, vigil } from './support/vigil';
import { connect, settings, topology } from './support/cluster';

/** Starts `up`, waits for a line of progress, and presses Ctrl-C; the exit code and all that was printed. */
async function interruptAt(line: RegExp): Promise<{ code: number | null; output: string }> {
  const child = startVigil(['up']);
  let output = '';
  let sent = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (sent || !line.test(output)) return;
      sent = true;
      pressCtrlC(child);
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  if (!sent) throw new Error(`'up' ended before ${String(line)}:\n${output}`);
  return { code, output };
}

/** The pods with their restarts, to see whether a run replaced or restarted any. */
async function podsAndRestarts(): Promise<Map<string, number>> {
  const client = await connect();
  return restartsByPod(client).finally(() => client.close());
}

describe('up', () => {
  test.each([
    ['while kind makes nodes', /Preparing nodes|Writing configuration/],
    ['after the half-made cluster was found and made anew', /Cluster: .* created/],
    ['while images are loaded', /Build images/],
    ['while objects are applied', /Load images/],
    ['while workloads roll out', /Apply: /],
    ['while targets are proven', /Roll out: /],
  ])('interrupted %s: one line, exit 130', async (_when, line) => {
    const { code, output } = await interruptAt(line);
    expect(code).toBe(130);
    expect(output).not.toMatch(/^\s+at .+:\d+:\d+/m);
  });

  test('run again, it goes on and ends with every target up', async () => {
    const report = await up();
    expect(report.ok).toBe(true);
    expect(report.jobs.map(({ job }) => job)).toEqual(
      expect.arrayContaining(topology.scrapeJobs.map(({ name }) => name)),
    );
    for (const { up: answering, total } of report.jobs) {
      expect(answering).toBe(total);
      expect(total).toBeGreaterThan(0);
    }
  });

  test('a second run changes no object and restarts no pod', async () => {
    const before = await podsAndRestarts();
    const report = await up();
    expect(report.objects).toMatchObject({ created: 0, changed: 0, pruned: 0 });
    expect(await podsAndRestarts()).toEqual(before);
  });

  test('two at once: one goes on, the other says so', async () => {
    const both = await Promise.all([vigil(['up']), vigil(['up'])]);
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    const refused = both.find(({ code }) => code === 1);
    expect(refused?.stderr).toContain(settings.cluster.name);
    expect(refused?.stderr.trim().split('\n')).toHaveLength(1);
  });

  test('status is green', async () => {
    const { code, stdout } = await vigil(['status', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
    expect(code).toBe(0);
  });
});
