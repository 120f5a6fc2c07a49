import type { KubeClient } from '../../cli/lib/kube-client';
import { readSecret } from '../../cli/lib/technician';
import { guardedPorts, type Component } from '../../constructs/topology';
import {
  generateRsaKey,
  issueRoot,
  type Issued,
} from '../../services/certificate-controller/src/issue';
import { userOf } from '../../constructs/kubernetes';
import { connect, inPodNetwork, onNode, podsOf, settings, topology } from './support/cluster';
import { ourAuthority, strangerSignedBy } from './support/strangers-certificate';

/** What a request came to: `200`, another status, or `refused` when no answer came. */
interface Answer {
  readonly door: string;
  readonly credential: string;
  readonly result: string;
}

describe('who is let in, tried on every port of every component', () => {
  let client: KubeClient;
  let answers: Answer[];

  beforeAll(async () => {
    client = await connect();
    const prometheus = topology.component('prometheus');
    const own = (await readSecret(client, prometheus.namespace, prometheus.tlsSecret)) ?? {};
    const foreignRoot = await issueRoot(
      { trustDomain: 'vigil', lifetimeSeconds: 86_400, now: new Date() },
      generateRsaKey,
    );
    const credentials: Record<string, Issued | undefined> = {
      none: undefined,
      'foreign CA': await strangerSignedBy(foreignRoot),
      'wrong identity': await strangerSignedBy(await ourAuthority(client)),
      prometheus: { certificate: own['tls.crt'] ?? '', key: own['tls.key'] ?? '' },
    };
    // From Prometheus' own network every port can be reached, so that certificates alone decide.
    answers = await ask(client, credentials, own['ca.crt'] ?? '');
  });
  afterAll(() => client.close());

  const doors = topology.components.flatMap((component) =>
    guardedPorts(component).map((port) => [`${component.key}:${port}`, component] as const),
  );

  test.each(doors)('%s admits Prometheus, and no one else', (door, component) => {
    const results = Object.fromEntries(
      answers
        .filter((answer) => answer.door === door)
        .map(({ credential, result }) => [credential, result]),
    );
    expect(results).toEqual({
      none: refusal(component),
      'foreign CA': expect.stringMatching(/^(refused|400)$/) as string,
      'wrong identity': expect.stringMatching(/^(refused|403)$/) as string,
      prometheus: '200',
    });
  });

  test('the certificate-controller may restart what it patches, and change nothing of what runs', async () => {
    const patch = async (key: 'cadvisor' | 'loki', spec: object): Promise<string> => {
      const { kind, namespace, name } = topology.component(key).workloadRef;
      return onNode(`${settings.cluster.name}-control-plane`, [
        ...['kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf'],
        ...['--as', userOf(topology.component('certificateController'))],
        ...['-n', namespace, 'patch', kind, name, '--dry-run=server'],
        ...['-p', JSON.stringify({ spec })],
      ]);
    };
    const restart = { template: { metadata: { annotations: { restart: 'yes' } } } };
    const refused = 'changes neither what they run nor how many';
    const containers = [{ name: 'cadvisor', image: 'example.com/other:1' }];

    await expect(patch('cadvisor', restart)).resolves.toContain('patched');
    await expect(patch('loki', restart)).resolves.toContain('patched');
    for (const spec of [{ containers }, { hostNetwork: true }]) {
      await expect(patch('cadvisor', { template: { spec } })).rejects.toThrow(refused);
    }
    await expect(patch('loki', { replicas: 0 })).rejects.toThrow(refused);
  });

  test('Grafana shows a stranger its login page and nothing of its data', async () => {
    const [pod] = await podsOf(client, topology.component('prometheus'));
    const grafana = topology.component('grafana');
    const [grafanaPod] = await podsOf(client, grafana);
    const base = `https://${grafanaPod?.status?.podIP}:${grafana.ports.web}`;
    const script = ['/login', '/api/datasources', '/api/search']
      .map(
        (path) => `curl -sk -o /dev/null -w '${path} %{http_code}\\n' --max-time 5 ${base}${path}`,
      )
      .join('\n');
    const output = await inPodNetwork(pod!, `${script}\n`);
    expect(output).toContain('/api/datasources 401');
    expect(output).toContain('/api/search 401');
  });
});

/** The proxy answers in HTTP that a certificate is missing; what is built on the toolkit does not answer at all. */
const refusal = (component: Component): unknown =>
  expect.stringMatching(component.login ? /^403$/ : /^(refused|400)$/);

async function ask(
  client: KubeClient,
  credentials: Readonly<Record<string, Issued | undefined>>,
  authority: string,
): Promise<Answer[]> {
  const [from] = await podsOf(client, topology.component('prometheus'));
  const files = Object.values(credentials).flatMap((issued, index) =>
    issued
      ? [heredoc(`${index}.crt`, issued.certificate), heredoc(`${index}.key`, issued.key)]
      : [],
  );
  const requests = await Promise.all(
    topology.components.map(async (component) => {
      const [pod] = await podsOf(client, component);
      return guardedPorts(component).flatMap((portName) =>
        Object.keys(credentials).map((credential, index) => {
          const host = `${component.dnsName}:${component.ports[portName]}`;
          const certificate = credentials[credential]
            ? `--cert ${index}.crt --key ${index}.key`
            : '';
          return [
            `code=$(curl -s -o /dev/null -w '%{http_code}' --max-time 5 --cacert ca.crt ${certificate}`,
            `--resolve ${host}:${pod?.status?.podIP} https://${host}/metrics);`,
            `echo "${component.key}:${portName}|${credential}|$code"`,
          ].join(' ');
        }),
      );
    }),
  );
  const script = [
    'umask 077; cd "$(mktemp -d)"',
    heredoc('ca.crt', authority),
    ...files,
    ...requests.flat(),
    'rm -r "$PWD"',
    '',
  ].join('\n');
  const output = await inPodNetwork(from!, script);
  return output
    .split('\n')
    .filter((line) => line.includes('|'))
    .map((line) => {
      const [door = '', credential = '', code = ''] = line.split('|');
      return { door, credential, result: code === '000' ? 'refused' : code };
    });
}

const heredoc = (file: string, text: string): string =>
  `cat >${file} <<'PEM'\n${text.trimEnd()}\nPEM`;
