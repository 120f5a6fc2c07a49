import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import type { CoreV1Event, V1Node, V1Secret } from '@kubernetes/client-node';
import type { KubeClient } from '../../cli/lib/kube-client';
import type { PrometheusApi } from '../../cli/lib/prometheus-api';
import { isReady } from '../../cli/lib/readiness';
import { judgeTargets } from '../../cli/lib/targets';
import { readSecret } from '../../cli/lib/technician';
import type { Component } from '../../constructs/topology';
import { seconds } from '../../constructs/settings';
import {
  connect,
  deletePod,
  eventually,
  onNode,
  openPrometheus,
  podsOf,
  settings,
  topology,
} from './support/cluster';
import { up, vigil } from './support/vigil';

describe('bad days', () => {
  let client: KubeClient;
  beforeAll(async () => {
    client = await connect();
  });
  afterAll(() => client.close());

  const secretRef = ({ namespace, tlsSecret }: Component) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    namespace,
    name: tlsSecret,
  });

  async function leafOf({ namespace, tlsSecret }: Component): Promise<X509Certificate | undefined> {
    const secret = await readSecret(client, namespace, tlsSecret);
    try {
      return new X509Certificate(secret?.['tls.crt'] ?? '');
    } catch {
      return undefined;
    }
  }

  /** Every target is up, asked of Prometheus itself. */
  async function allUp(within: number, jobs = topology.scrapeJobs): Promise<void> {
    await eventually('every target is up', within, async () => {
      const prometheus: PrometheusApi = await openPrometheus(client);
      try {
        const { problems } = judgeTargets(jobs, await prometheus.targets());
        if (problems[0]) throw new Error(problems[0].text);
        return true;
      } finally {
        prometheus.close();
      }
    });
  }

  async function scaleController(replicas: number): Promise<void> {
    const { namespace, name } = topology.component('certificateController');
    await client.merge(
      { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name },
      { spec: { replicas } },
    );
  }

  test('a garbled Secret is issued anew', async () => {
    const component = topology.component('kubeStateMetrics');
    const garbled = Buffer.from('not a certificate').toString('base64');
    await client.merge(secretRef(component), { data: { 'tls.crt': garbled } });
    await eventually(
      'the leaf is readable',
      60,
      async () => (await leafOf(component)) !== undefined,
    );
    await allUp(120);
  });

  test('a deleted Secret is reported, and `up` brings it back', async () => {
    const component = topology.component('blackboxExporter');
    await client.delete(secretRef(component));
    const { objects } = await up();
    expect(objects.created).toBe(1);
    await eventually('the leaf is back', 60, async () => (await leafOf(component)) !== undefined);
    await allUp(120);
  });

  describe('the controller away until certificates are over their first third', () => {
    // It is no target itself while it has no pod.
    const { name } = topology.component('certificateController');
    const otherJobs = topology.scrapeJobs.filter((job) => job.name !== name);
    let start: number;
    beforeAll(async () => {
      await scaleController(0);
      const leaf = await leafOf(topology.component('prometheus'));
      start = leaf?.validFromDate.getTime() ?? 0;
    });

    test('a Prometheus pod deleted: the targets come back, the history was kept', async () => {
      const before = Date.now() / 1000 - 30;
      const deleted = await deletePod(client, topology.component('prometheus'));
      await eventually('another pod', 60, async () => {
        const [now] = await podsOf(client, topology.component('prometheus'));
        return now?.metadata?.uid !== undefined && now.metadata.uid !== deleted.metadata?.uid;
      });
      await allUp(90, otherJobs);
      const prometheus = await openPrometheus(client);
      const samples = await prometheus.query(`count(up{job="kubelet"} @ ${before.toFixed(0)})`);
      prometheus.close();
      expect(Number(samples[0]?.value[1])).toBeGreaterThan(0);
    });

    test('nothing notices', async () => {
      const third = seconds(settings.certificates.leafLifetime) / 3;
      await eventually('the first third is over', third + 60, () =>
        Promise.resolve(Date.now() > start + third * 1000),
      );
      await allUp(60, otherJobs);
    });

    test('it is back, and up', async () => {
      await scaleController(1);
      await allUp(90);
    });
  });

  test('a node deleted and back', async () => {
    const node = `${settings.cluster.name}-worker2`;
    await client.delete({ apiVersion: 'v1', kind: 'Node', name: node });
    await onNode(node, ['systemctl', 'restart', 'kubelet']);
    await eventually('the node is ready again', 120, async () => {
      const found = await client.get<V1Node>(`/api/v1/nodes/${node}`);
      return found !== undefined && isReady(found);
    });
    const report = await up();
    expect(report.ok).toBe(true);
    await allUp(60);
  });

  test('dist/ edited by hand: kept aside, said, and made anew', async () => {
    const dist = join(__dirname, '..', '..', 'dist');
    const file = '0004-alertmanager.k8s.yaml';
    const before = readFileSync(join(dist, file), 'utf8');
    appendFileSync(join(dist, file), '# by hand\n');
    const { notes, objects } = await up();
    expect(notes.join()).toContain(file);
    expect(objects.changedNames).toEqual([]);
    expect(readFileSync(join(dist, file), 'utf8')).toBe(before);
    expect(readFileSync(join(dist, '..', 'build', 'edited', file), 'utf8')).toBe(
      `${before}# by hand\n`,
    );
  });

  test('a root rotated on request: every target stays up', async () => {
    const before = (await readSecret(client, 'vigil-system', 'vigil-ca'))?.['ca.crt'];
    const { code } = await vigil(['certificates', 'rotate-root', '--yes']);
    expect(code).toBe(0);
    await eventually('the new root signs', 300, async () => {
      const now = await readSecret(client, 'vigil-system', 'vigil-ca');
      return now?.['ca.crt'] !== before;
    });
    await allUp(240);
  });

  test('a CA that is lost: reported, nothing replaced, and resolved by `certificates recover`', async () => {
    const authority = {
      apiVersion: 'v1',
      kind: 'Secret',
      namespace: 'vigil-system',
      name: 'vigil-ca',
    };
    await eventually('the rotation before is over', 300, async () => {
      const secret = await client.get<V1Secret>('/api/v1/namespaces/vigil-system/secrets/vigil-ca');
      return secret?.metadata?.annotations?.['vigil.local/rotation-phase'] === 'steady';
    });
    const prometheus = topology.component('prometheus');
    const leaf = (await leafOf(prometheus))?.fingerprint256;
    const root = (await readSecret(client, authority.namespace, authority.name))?.['ca.crt'];

    await client.merge(authority, { data: { 'ca.key': Buffer.from('gone').toString('base64') } });
    await eventually('a warning event', 60, async () => {
      const events = await client.list<CoreV1Event>('/api/v1/namespaces/vigil-system/events');
      return events.some(({ reason }) => reason === 'CertificateAuthorityUnreadable');
    });
    await eventually('the metric', 60, async () => {
      const api = await openPrometheus(client);
      const error = await api.query(
        'vigil_certificate_controller_error{reason="CertificateAuthorityUnreadable"} == 1',
      );
      api.close();
      return error.length === 1;
    });
    expect((await leafOf(prometheus))?.fingerprint256).toBe(leaf);

    const { code } = await vigil(['certificates', 'recover', '--yes']);
    expect(code).toBe(0);
    await eventually('a new root', 60, async () => {
      const now = await readSecret(client, authority.namespace, authority.name);
      return now?.['ca.crt'] !== root && now?.['ca.key']?.includes('PRIVATE KEY') === true;
    });
    await allUp(300);
  });
});
