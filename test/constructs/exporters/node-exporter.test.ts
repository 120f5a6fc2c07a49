import { chartOf, onlyPods } from '../../support/stack';

test('on every node, in its network and among its processes, but unprivileged and read-only', () => {
  const chart = chartOf('node-exporter');
  const { kind, spec, containers } = onlyPods(chart);

  expect(kind).toBe('DaemonSet');
  expect(spec).toMatchObject({
    hostNetwork: true,
    hostPID: true,
    dnsPolicy: 'ClusterFirstWithHostNet',
    tolerations: [{ operator: 'Exists' }],
    securityContext: { runAsNonRoot: true, runAsUser: 65_534 },
  });
  expect(containers[0]?.volumeMounts).toContainEqual({
    name: 'root',
    mountPath: '/host/root',
    readOnly: true,
    mountPropagation: 'HostToContainer',
  });
  expect(chart.text).toMatchSnapshot();
});

test('it listens on the node’s own address only, over TLS', () => {
  const { args = [] } = onlyPods(chartOf('node-exporter')).containers[0] ?? {};

  expect(args).toContain('--web.listen-address=$(HOST_IP):9100');
  expect(args).toContain('--web.config.file=/etc/vigil/web/web.yml');
});
