import { chartOf, onlyPods } from '../../support/stack';

const chart = chartOf('cadvisor');
const { kind, spec, containers } = onlyPods(chart);
const [containerdProxy, cadvisor, tlsProxy] = containers;
const mounts = (container = cadvisor) => container?.volumeMounts?.map(({ name }) => name);

test('on every node, on loopback behind the proxy, without root and without a capability', () => {
  expect(kind).toBe('DaemonSet');
  expect(spec.hostNetwork).toBeUndefined();
  expect(cadvisor?.args).toContain('--listen_ip=127.0.0.1');
  expect(cadvisor?.ports).toBeUndefined();
  for (const { securityContext } of containers) {
    expect(securityContext?.runAsUser).not.toBe(0);
    expect(securityContext?.capabilities).toEqual({ drop: ['ALL'] });
  }
  expect(tlsProxy?.ports).toEqual([{ name: 'metrics', containerPort: 9101 }]);
  expect(chart.text).toMatchSnapshot();
});

test('only the TLS proxy holds the certificate', () => {
  expect(mounts(cadvisor)).not.toContain('tls');
  expect(mounts(containerdProxy)).not.toContain('tls');
  expect(mounts(tlsProxy)).toContain('tls');
});

test('only the containerd proxy has containerd’s socket, and listens before cAdvisor starts', () => {
  expect(mounts(cadvisor)).not.toContain('containerd');
  expect(mounts(containerdProxy)).toContain('containerd');
  const door = '/run/vigil/containerd.sock';
  expect(cadvisor?.args).toContain(`--containerd=${door}`);
  // kubelet starts a container when the hook of the one before it has ended.
  expect(containerdProxy?.lifecycle?.postStart?.exec?.command?.join(' ')).toContain(
    `until test -S ${door}`,
  );
});
