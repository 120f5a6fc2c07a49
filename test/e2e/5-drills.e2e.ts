import type { KubeClient } from '../../cli/lib/kube-client';
import { listNodes, nameOf } from '../../cli/lib/nodes';
import { drills } from '../../cli/lib/drills/catalogue';
import { ruleOf } from '../../cli/lib/drills/rules';
import { startReceivers, type Receivers } from '../../bench/lib/receivers';
import { connect, eventually, onNode, firedFromLogs, settings, topology } from './support/cluster';
import { vigil } from './support/vigil';

/** What `vigil drill --json` prints, as far as it is read here. */
interface Report {
  readonly ok: boolean;
  readonly drills: readonly {
    readonly name: string;
    readonly state: 'passed' | 'failed' | 'skipped';
    readonly reasons: readonly string[];
    readonly alert: string;
    readonly severity: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly ways: readonly { readonly status: string; readonly parked: boolean }[];
  }[];
}

const textOf = (embed: unknown): string => JSON.stringify(embed);

/** Whether any node runs sshd, by the names of its processes. */
async function runsSshd(client: KubeClient): Promise<boolean> {
  const names = await Promise.all(
    (await listNodes(client)).map((node) =>
      onNode(nameOf(node), ['sh', '-c', 'cat /proc/[0-9]*/comm 2>/dev/null || true']),
    ),
  );
  return names.some((text) => text.split('\n').includes('sshd'));
}

describe('vigil drill all', () => {
  let client: KubeClient;
  let receivers: Receivers;
  let report: Report;
  let text: string;

  beforeAll(async () => {
    client = await connect();
    receivers = await startReceivers();
    // They were away for some time, and are called again at growing intervals.
    await vigil(['alerts', 'retry', '--all']);
    for (const name of Object.keys(receivers.credentials)) {
      await eventually(`${name} takes messages`, 180, async () => {
        const { code } = await vigil(['alerts', 'test', '--destination', name]);
        return code === 0;
      });
    }
    const { stdout, stderr } = await vigil(['drill', 'all', '--yes', '--json']);
    text = stderr;
    process.stdout.write(`${stderr}\n`);
    report = JSON.parse(stdout) as Report;
  }, 1_500_000);
  afterAll(async () => {
    client.close();
    await receivers.close();
  });

  test('every fault was told, and its end', () => {
    const failed = report.drills.filter(({ state }) => state === 'failed');

    expect(failed.map(({ name, reasons }) => [name, ...reasons])).toEqual([]);
    expect(report.drills.map(({ name }) => name)).toEqual(drills.map(({ name }) => name));
    expect(text).not.toBe('');
  });

  test('nothing was left out but what this cluster cannot have', async () => {
    const skipped = report.drills.filter(({ state }) => state === 'skipped');

    // The nodes of kind itself have no sshd; those of other images may.
    const missing = (await runsSshd(client)) ? [] : ['ssh-brute-force'];
    expect(skipped.map(({ name }) => name)).toEqual(missing);
  });

  test('each is told in a channel, as it began and as it ended', () => {
    const embeds = receivers.discord.messages
      .flatMap(({ payload }) => payload.embeds ?? [])
      .map(textOf);
    for (const { labels, state, ways } of report.drills) {
      if (state !== 'passed') continue;
      const about = embeds.filter((text) =>
        Object.values(labels).every((value) => text.includes(value)),
      );
      expect(about).toEqual([
        expect.stringMatching(/"Firing/) as string,
        expect.stringMatching(/"Resolved/) as string,
      ]);
      expect(ways.map(({ parked }) => parked)).toEqual([false, false]);
    }
  });

  test('what is critical is a mail as well', () => {
    for (const { alert, severity, state } of report.drills) {
      if (state !== 'passed' || severity !== 'critical') continue;
      const mails = receivers.mailbox.mails.filter(({ parsed }) => parsed.text?.includes(alert));
      expect(mails.length).toBeGreaterThanOrEqual(2);
    }
  });

  test('dashboards mark those from logs, and take no other for one of them', async () => {
    const sources = new Map(
      report.drills
        .filter(({ state }) => state === 'passed')
        .map(({ alert }) => [alert, ruleOf(alert, settings, topology).source]),
    );
    const marked = await firedFromLogs(client, 20);

    expect(marked.filter((name) => sources.get(name) === 'prometheus')).toEqual([]);
    expect(marked).toEqual(
      expect.arrayContaining([...sources.keys()].filter((name) => sources.get(name) === 'loki')),
    );
  });

  test('nothing is left of them', async () => {
    const namespaces = await client.list<{ metadata: { name: string } }>('/api/v1/namespaces');
    const selector = `labelSelector=${encodeURIComponent('vigil.local/drill')}`;

    expect(namespaces.map(({ metadata }) => metadata.name)).not.toContain('vigil-drill');
    expect(await client.list(`/api/v1/pods?${selector}`)).toEqual([]);
    expect(await client.list(`/api/v1/persistentvolumes?${selector}`)).toEqual([]);
  });
});
