import type { V1PolicyRule } from '@kubernetes/client-node';
import { chartOf, find, onlyPods } from '../../support/stack';

const chart = chartOf('kube-state-metrics');

test('both its listeners are TLS', () => {
  const { args = [] } = onlyPods(chart).containers[0] ?? {};

  expect(args).toEqual(
    expect.arrayContaining([
      '--port=8443',
      '--telemetry-port=8444',
      '--tls-config=/etc/vigil/web/web.yml',
    ]),
  );
  expect(chart.text).toMatchSnapshot();
});

test('it may read exactly what it is told to read, and no Secret or ConfigMap', () => {
  const { args = [] } = onlyPods(chart).containers[0] ?? {};
  const told = args.find((arg) => arg.startsWith('--resources='))?.replace('--resources=', '');
  const rules = find(chart.objects, 'ClusterRole vigil-kube-state-metrics').rules as V1PolicyRule[];

  expect(told?.split(',').sort()).toEqual(rules.flatMap(({ resources = [] }) => resources).sort());
  expect(told).not.toMatch(/secrets|configmaps/);
  expect(new Set(rules.flatMap(({ verbs }) => verbs))).toEqual(new Set(['list', 'watch']));
});
