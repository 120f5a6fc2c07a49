import { chartOf, onlyPods } from '../../support/stack';

test('on every node, on loopback behind the proxy, with one capability for reading', () => {
  const chart = chartOf('cadvisor');
  const { kind, spec, containers } = onlyPods(chart);
  const [cadvisor, proxy] = containers;

  expect(kind).toBe('DaemonSet');
  expect(spec.hostNetwork).toBeUndefined();
  expect(cadvisor?.args).toContain('--listen_ip=127.0.0.1');
  expect(cadvisor?.ports).toBeUndefined();
  expect(cadvisor?.securityContext?.capabilities).toEqual({
    drop: ['ALL'],
    add: ['DAC_READ_SEARCH'],
  });
  expect(proxy?.securityContext?.capabilities).toEqual({ drop: ['ALL'] });
  expect(proxy?.ports).toEqual([{ name: 'metrics', containerPort: 9101 }]);
  expect(chart.text).toMatchSnapshot();
});

test('only the proxy holds the certificate', () => {
  const [cadvisor, proxy] = onlyPods(chartOf('cadvisor')).containers;
  const mounts = (container = proxy) => container?.volumeMounts?.map(({ name }) => name);

  expect(mounts(cadvisor)).not.toContain('tls');
  expect(mounts(proxy)).toContain('tls');
});
