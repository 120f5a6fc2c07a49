import type { V1Pod } from '@kubernetes/client-node';
import { hasLines } from '../../bench/lib/logs/read';
import { sufferOutage } from '../../bench/lib/logs/outage';
import { Door } from '../../cli/lib/door';
import type { KubeClient } from '../../cli/lib/kube-client';
import { LOKI_DOOR, nanoseconds, type LogLine } from '../../cli/lib/loki-api';
import { forwardPort, type Forwarding } from '../../cli/lib/port-forward';
import { readSecret, readTechnician, type Technician } from '../../cli/lib/technician';
import { LINE_METADATA, LOG_JOBS, streams } from '../../constructs/loki/streams';
import {
  connect,
  eventually,
  killContainers,
  onNode,
  openLoki,
  podsOf,
  settings,
  topology,
} from './support/cluster';
import { ourAuthority, strangerSignedBy } from './support/strangers-certificate';

const NAMESPACE = 'talkers';

/** How long Loki is away. The five minutes of it are measured by bench/logs.ts. */
const AWAY_SECONDS = 60 * Number(process.env.VIGIL_OUTAGE_MINUTES ?? 0.5);

const never = new AbortController().signal;

type Job = keyof typeof LOG_JOBS;
const jobs = Object.keys(LOG_JOBS) as Job[];

/** Labels beside `job`, as constructs/loki/streams.ts promises them. */
const CONTAINER_LABELS = ['namespace', 'app', 'container', 'node'];
const LABELS: Readonly<Record<Job, readonly string[]>> = {
  container: CONTAINER_LABELS,
  access: CONTAINER_LABELS,
  server: CONTAINER_LABELS,
  journal: ['node', 'unit'],
  audit: ['node'],
};

describe('logs', () => {
  let client: KubeClient;
  beforeAll(async () => {
    client = await connect();
  });
  afterAll(async () => {
    await client.delete({ apiVersion: 'v1', kind: 'Namespace', name: NAMESPACE });
    client.close();
  });

  /** Without a chance to finish anything: its process, and that of its proxy. */
  async function killAgent(node: string): Promise<void> {
    const agents = await podsOf(client, topology.component('alloy'));
    const agent = agents.find(({ spec }) => spec?.nodeName === node);
    if (!agent) throw new Error(`no Alloy runs on ${node}`);
    await killContainers(agent);
  }

  /** The first line of the last quarter of an hour that an expression selects. */
  async function lineOf(expression: string): Promise<LogLine> {
    const loki = await openLoki(client);
    let line: LogLine | undefined;
    try {
      await eventually(`a line for ${expression}`, 60, async () => {
        const start = nanoseconds(Date.now() - 900_000);
        [line] = await loki.query(expression, { start, limit: 1 });
        return line !== undefined;
      });
    } finally {
      loki.close();
    }
    if (!line) throw new Error(`no line for ${expression}`);
    return line;
  }

  describe.each(jobs)('of kind %s', (job) => {
    test('arrive with their labels, and with no others', async () => {
      const labelled = LABELS[job].map((name) => `${name}=~".+"`);
      const selector = `{${[`job="${LOG_JOBS[job]}"`, ...labelled].join(', ')}}`;
      const { labels } = await lineOf(selector);
      const known = ['job', ...LABELS[job], ...LINE_METADATA[job]];
      expect(known).toEqual(expect.arrayContaining(Object.keys(labels)));
    });

    test.each(LINE_METADATA[job].map((name) => [name]))(
      'say %s, where it is known',
      async (name) => {
        expect((await lineOf(`${streams(job)} | ${name}!=""`)).labels[name]).not.toBe('');
      },
    );
  });

  test('a secret in a line does not leave its node', async () => {
    const secret = `s3cret-${Date.now().toString(36)}`;
    const lines = [
      { msg: 'said once', password: secret },
      { msg: 'said twice', headers: { authorization: `Bearer ${secret}` } },
      { msg: 'said thrice', url: `https://example.com/cb?access_token=${secret}&page=2` },
    ];
    await talk(
      client,
      lines.map((line) => JSON.stringify(line)),
    );
    for (const { msg } of lines) {
      const { text } = await lineOf(
        `${streams('container', { namespace: NAMESPACE })} |= "${msg}"`,
      );
      expect(text).toContain('<redacted>');
      expect(text).not.toContain(secret);
    }
  });

  test(
    `are all there after Loki was away for ${AWAY_SECONDS} s and Alloy killed meanwhile`,
    async () => {
      const stack = { client, settings, topology, signal: never };
      const { arrival } = await sufferOutage(stack, {
        awaySeconds: AWAY_SECONDS,
        perSecond: 20,
        endAgent: killAgent,
      });
      const { lost, gaps, unknown, duplicates } = arrival.roll;
      process.stdout.write(`lines that Loki has twice: ${duplicates}\n`);
      expect({ lost, gaps, unknown }).toEqual({ lost: 0, gaps: 'none', unknown: 0 });
    },
    (AWAY_SECONDS + 600) * 1000,
  );

  describe('at the door of Loki', () => {
    const PUSH = '/loki/api/v1/push';
    const READ = `/loki/api/v1/query_range?query=${encodeURIComponent(streams('container'))}`;
    let forwarding: Forwarding;
    beforeAll(async () => {
      forwarding = await forwardPort(client, LOKI_DOOR);
    });
    afterAll(() => forwarding.close());

    async function credentialsOf(who: string): Promise<Technician> {
      if (who === 'technician') return readTechnician(client);
      const { ca } = await readTechnician(client);
      if (who === 'stranger') {
        const { certificate, key } = await strangerSignedBy(await ourAuthority(client));
        return { cert: certificate, key, ca };
      }
      const { namespace, tlsSecret } = topology.component(who);
      const secret = await readSecret(client, namespace, tlsSecret);
      return { cert: secret?.['tls.crt'] ?? '', key: secret?.['tls.key'] ?? '', ca };
    }

    const knockAs = async (who: string): Promise<Door> =>
      new Door(LOKI_DOOR, forwarding, await credentialsOf(who), never);

    const pushed = (line: string): object => ({
      streams: [
        {
          stream: { job: LOG_JOBS.container, namespace: NAMESPACE, app: 'door' },
          values: [[String(nanoseconds(Date.now())), line]],
        },
      ],
    });

    test('Alloy writes, and what it wrote is there', async () => {
      const line = `knocked ${Date.now()}`;
      const { status } = await (await knockAs('alloy')).post(PUSH, pushed(line));
      expect(status).toBe(204);
      expect((await lineOf(`{app="door"} |= "${line}"`)).text).toBe(line);
    });

    test.each(['grafana', 'prometheus', 'technician', 'stranger'])(
      '%s does not write, and nothing comes of it',
      async (who) => {
        const line = `forged by ${who} ${Date.now()}`;
        const { status } = await (await knockAs(who)).post(PUSH, pushed(line));
        expect(status).toBe(403);
        const loki = await openLoki(client);
        const start = nanoseconds(Date.now() - 60_000);
        const isThere = await hasLines(loki, `{app="door"} |= "${line}"`, start, never);
        loki.close();
        expect(isThere).toBe(false);
      },
    );

    test.each([
      ['grafana', 200],
      ['technician', 200],
      ['alloy', 403],
      ['prometheus', 403],
      ['stranger', 403],
    ])('%s, who wants to read, is told %i', async (who, status) => {
      expect(await (await knockAs(who)).get(READ)).toMatchObject({ status });
    });

    test('who is turned away although we know them is an alert, at containerd too', async () => {
      await (await knockAs('grafana')).post(PUSH, pushed('forged'));
      const [pod] = await podsOf(client, topology.component('cadvisor'));
      const volumes = `/var/lib/kubelet/pods/${pod?.metadata?.uid}/volumes/kubernetes.io~empty-dir`;
      const node = pod?.spec?.nodeName ?? '';
      const call = [
        ...['curl', '--silent', '--output', '/dev/null', '--write-out', '%{http_code}'],
        ...['--unix-socket', 'containerd.sock', '--header', '"containerd-namespace: k8s.io"'],
        'http://localhost/containerd.services.tasks.v1.Tasks/Exec',
      ].join(' ');
      // The path of a socket has 107 characters at the most.
      const status = await onNode(node, ['sh', '-c', `cd ${volumes}/containerd-door && ${call}`]);
      expect(status).toBe('403');
      const loki = await openLoki(client);
      await eventually('both are told', 90, async () => {
        const told = (await loki.activeAlerts()).map(
          ({ name, labels }) => `${name} ${labels.who ?? labels.node}`,
        );
        return (
          told.includes('IdentityNotAllowed CN=grafana.monitoring.svc') &&
          told.includes(`ContainerdCallNotAllowed ${node}`)
        );
      }).finally(() => loki.close());
    });

    test.each(['/flush', '/config', '/debug/pprof/', '/ingester/shutdown', '/loki/api/v1/delete'])(
      '%s is for nobody',
      async (path) => {
        for (const who of ['alloy', 'grafana', 'technician', 'stranger']) {
          const door = await knockAs(who);
          expect((await door.get(path)).status).toBe(403);
          expect((await door.post(path, {})).status).toBe(403);
        }
      },
    );
  });
});

/** A pod that says these lines and then nothing more. */
async function talk(client: KubeClient, lines: readonly string[]): Promise<void> {
  const pod: V1Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'talker',
      namespace: NAMESPACE,
      labels: { 'app.kubernetes.io/name': 'talker' },
    },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'talker',
          image: 'busybox:1.37',
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '-c', 'echo "$LINES_TO_SAY"; sleep 3600'],
          env: [{ name: 'LINES_TO_SAY', value: lines.join('\n') }],
        },
      ],
    },
  };
  await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  // The namespace's service account is made a moment later.
  await eventually('the talker runs', 60, async () => {
    await client.apply(pod);
    const path = `/api/v1/namespaces/${NAMESPACE}/pods/talker`;
    return (await client.get<V1Pod>(path))?.status?.phase === 'Running';
  });
}
