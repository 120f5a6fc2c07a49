import { requestedMemory } from '../../../bench/lib/requests';
import { chartsOf, topologyWith } from '../../../bench/lib/components';
import { App } from 'cdk8s';
import { contextOf } from '../../../constructs/kubernetes';
import { settingsSchema } from '../../../constructs/settings';
import type { Manifest } from '../../../constructs/synth';

const workload = (kind: string, memory: string[], replicas?: number): Manifest =>
  ({
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'one' },
    spec: {
      ...(replicas !== undefined && { replicas }),
      template: {
        spec: { containers: memory.map((each) => ({ resources: { requests: { memory: each } } })) },
      },
    },
  }) as Manifest;

const MIB = 2 ** 20;

describe('requested memory', () => {
  test('counts every container of every replica, and a DaemonSet once for each node', () => {
    const objects = [
      workload('Deployment', ['16Mi', '8Mi'], 2),
      workload('StatefulSet', ['1Gi']),
      workload('DaemonSet', ['10Mi']),
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'one' } },
    ];
    expect(requestedMemory(objects, 3)).toBe((2 * 24 + 1024 + 3 * 10) * MIB);
  });

  test('refuses a size that it cannot read', () => {
    expect(() => requestedMemory([workload('Deployment', ['1e9'])], 3)).toThrow('1e9');
  });
});

describe('more components', () => {
  const settings = settingsSchema.parse({});

  test('are in every list that follows from the topology, and have a chart each', () => {
    const plain = topologyWith(0, settings);
    const more = topologyWith(3, settings);
    expect(more.components).toHaveLength(plain.components.length + 3);
    expect(more.scrapeJobs).toHaveLength(plain.scrapeJobs.length + 3);
    expect(more.plan.leaves).toHaveLength(plain.plan.leaves.length + 3);
    const charts = chartsOf(new App(), contextOf(settings, more), 3);
    const kinds = charts.map((chart) => (chart.toJson() as Manifest[]).map(({ kind }) => kind));
    expect(kinds).toHaveLength(3);
    for (const each of kinds)
      expect(each).toEqual(expect.arrayContaining(['Deployment', 'Service']));
  });
});
