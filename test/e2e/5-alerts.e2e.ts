import type { V1Pod } from '@kubernetes/client-node';
import type { KubeClient } from '../../cli/lib/kube-client';
import { ruleOf } from '../../cli/lib/drills/rules';
import { StageWatch, type FollowOptions, type StageTimes } from '../../cli/lib/stages';
import { defaultChannels } from '../../constructs/settings';
import type { RecordedMessage } from '../../fakes/discord';
import type { RecordedMail } from '../../fakes/mailbox';
import { startReceivers, type Receivers } from '../../bench/lib/receivers';
import {
  connect,
  deletePod,
  eventually,
  killContainers,
  onNode,
  podsOf,
  settings,
  topology,
} from './support/cluster';
import { makeStranger } from './support/stranger';
import { vigil } from './support/vigil';

const NAMESPACE = 'bystanders';

/** Bound of the way from a fault to the message, without the rule's `for`; the resolved one has the same. */
const WITHIN_MS = 45_000;

const never = new AbortController().signal;

/** A message with this text in one of its embeds. */
const tells =
  (...words: string[]) =>
  ({ payload }: RecordedMessage): boolean =>
    words.every((word) => JSON.stringify(payload.embeds ?? []).includes(word));

describe('alerts', () => {
  let client: KubeClient;
  let receivers: Receivers;
  let discord: Receivers['discord'];
  let mailbox: Receivers['mailbox'];

  beforeAll(async () => {
    client = await connect();
    receivers = await startReceivers();
    ({ discord, mailbox } = receivers);
  });
  afterAll(async () => {
    await client.delete({ apiVersion: 'v1', kind: 'Namespace', name: NAMESPACE });
    client.close();
    await receivers.close();
  });

  const connectDestination = (name: string, credential: string) =>
    vigil(['alerts', 'connect', name], {}, credential);

  test('without credentials every destination is parked, and that is no error', async () => {
    const { stdout, code } = await vigil(['alerts', '--json']);
    const { destinations } = JSON.parse(stdout) as {
      destinations: { name: string; state: string }[];
    };

    expect(destinations.map(({ name, state }) => [name, state])).toEqual(
      Object.keys(receivers.credentials).map((name) => [name, 'parked']),
    );
    expect(code).toBe(0);
  });

  test('a test message to a parked destination says so, and waits', async () => {
    const { code, stdout } = await vigil(['alerts', 'test', '--destination', 'general']);

    expect(stdout).toContain('general: not delivered, it is parked: no credential');
    expect(code).toBe(1);
  });

  test('credentials are read from standard input, and each destination takes a test message', async () => {
    for (const [name, credential] of Object.entries(receivers.credentials)) {
      const { code, stdout, stderr } = await connectDestination(name, credential);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).not.toContain(credential);
    }
    await eventually('no destination is parked', 60, async () => {
      const { stdout } = await vigil(['alerts', '--json']);
      return !stdout.includes('"parked"');
    });
    await eventually('what had waited arrives', 30, () =>
      Promise.resolve(discord.messagesIn('general').length > 0),
    );
    for (const name of Object.keys(receivers.credentials)) {
      expect(await vigil(['alerts', 'test', '--destination', name])).toMatchObject({ code: 0 });
    }
    expect(new Set(discord.messages.map(({ channel }) => channel))).toEqual(
      new Set(defaultChannels),
    );
    expect(mailbox.mails).toHaveLength(1);
  }, 400_000);

  test('a credential that is none is refused in one line, and nothing is stored', async () => {
    const { code, stderr } = await connectDestination('general', 'https://example.com/hook');

    expect(code).not.toBe(0);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).not.toContain('example.com/hook');
  });

  /** Follows an alert to its end, prints when each stage was, and expects the bound. */
  async function follow(
    what: string,
    forSeconds: number,
    followed: Omit<FollowOptions, 'timeoutMs'>,
  ): Promise<StageTimes> {
    // Opened anew each time: the technician's certificate ages as fast as all others here.
    const watch = await StageWatch.open(client, never);
    const timeoutMs = forSeconds * 1000 + 2 * WITHIN_MS;
    const times = await watch.follow({ ...followed, timeoutMs }).finally(() => watch.close());
    const stages = Object.entries(times).map(
      ([stage, at]) => `${stage} +${((at - followed.since) / 1000).toFixed(1)} s`,
    );
    process.stdout.write(`${what}: ${stages.join(', ')} (for: ${forSeconds} s)\n`);
    expect(Object.keys(times).sort()).toEqual(
      ['accepted', 'active', 'alertmanager', 'delivered', 'firing'].sort(),
    );
    expect((times.delivered ?? 0) - followed.since - forSeconds * 1000).toBeLessThan(WITHIN_MS);
    return times;
  }

  describe('a container stopped by hand, and an exporter that hangs', () => {
    const container = { alertname: 'ContainerStopped', namespace: NAMESPACE };
    const exporter = { alertname: 'TargetDown', job: 'blackbox-exporter' };
    const waitOf = ({ alertname }: { alertname: string }): number =>
      ruleOf(alertname, settings, topology).forSeconds;
    let pod: V1Pod;
    let exporterNode: string;

    const signalExporter = (name: string): Promise<string> =>
      onNode(exporterNode, ['pkill', `-${name}`, '-x', 'blackbox_export']);

    beforeAll(async () => {
      const [exporterPod] = await podsOf(client, topology.component('blackboxExporter'));
      exporterNode = exporterPod?.spec?.nodeName ?? '';
      pod = await makeStranger(client, NAMESPACE, 'Never');
      // cAdvisor and kube-state-metrics have both seen it.
      await new Promise((done) => setTimeout(done, 30_000));
    });
    afterAll(() => signalExporter('CONT'));

    test('are messages in their channels, and mails', async () => {
      const since = Date.now();
      await Promise.all([killContainers(pod), signalExporter('STOP')]);
      await Promise.all([
        follow('container stopped', waitOf(container), {
          labels: container,
          status: 'firing',
          since,
          destinations: ['container'],
        }),
        follow('exporter down', waitOf(exporter), {
          labels: exporter,
          status: 'firing',
          since,
          destinations: ['general'],
        }),
      ]);
      const isContainer = tells('ContainerStopped', NAMESPACE);
      expect(discord.messagesIn('container').filter(isContainer)).toHaveLength(1);
      expect(discord.messages.filter(isContainer)).toHaveLength(1);
      expect(
        discord.messagesIn('general').filter(tells('TargetDown', 'blackbox-exporter')),
      ).toHaveLength(1);
      await mailsArrive(container, 1);
      const [{ parsed } = {}] = mailsAbout(container) as (RecordedMail | undefined)[];
      expect(parsed?.subject).toContain('critical');
      expect(parsed?.text).toContain(NAMESPACE);
      expect(parsed?.html).toContain(NAMESPACE);
    });

    test('and so are their ends', async () => {
      const before = discord.messagesIn('container').length;
      const since = Date.now();
      const { name = '' } = pod.metadata ?? {};
      await Promise.all([
        client.delete({ apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, name }),
        signalExporter('CONT'),
      ]);
      await Promise.all([
        follow('container gone', 0, {
          labels: container,
          status: 'resolved',
          since,
          destinations: ['container'],
        }),
        follow('exporter back', 0, {
          labels: exporter,
          status: 'resolved',
          since,
          destinations: ['general'],
        }),
      ]);
      const later = discord.messagesIn('container').slice(before);
      expect(later.filter(tells('ContainerStopped'))).toHaveLength(1);
      expect(JSON.stringify(later)).toMatch(/resolved/i);
      expect(
        discord.messagesIn('general').filter(tells('TargetDown', 'blackbox-exporter')),
      ).toHaveLength(2);
      await mailsArrive(container, 2);
      const [first, second] = mailsAbout(container);
      // One thread, so that a mail program shows the end beneath the beginning.
      expect(second?.parsed.references ?? '').not.toBe('');
      expect(second?.parsed.subject).toMatch(/resolved/i);
      expect(second?.parsed.messageId).not.toBe(first?.parsed.messageId);
    });
  });

  test('the router killed while an alert is on its way: it arrives, once', async () => {
    const destination = 'traffic';
    const before = discord.messagesIn(destination).length;
    discord.breakWith({ faults: [{ kind: 'respond500' }] });
    const sent = vigil(['alerts', 'test', '--destination', destination]);
    await eventually('it was tried', 60, () =>
      Promise.resolve(discord.calls.some(({ status }) => status === 500)),
    );
    await deletePod(client, topology.component('alertRouter'));
    await sent;
    discord.heal();
    await eventually('it arrived', 180, () =>
      Promise.resolve(discord.messagesIn(destination).length > before),
    );
    expect(discord.messagesIn(destination)).toHaveLength(before + 1);
  });

  const mailsArrive = (labels: { readonly alertname: string }, count: number): Promise<void> =>
    eventually(`${count} mails are there`, 30, () =>
      Promise.resolve(mailsAbout(labels).length === count),
    );

  const mailsAbout = ({ alertname }: { readonly alertname: string }): RecordedMail[] =>
    mailbox.mails.filter(({ parsed }) => parsed.text?.includes(alertname) ?? false);
});
