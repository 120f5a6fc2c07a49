import { parse } from 'yaml';
import { chartOf, find } from '../../support/stack';

const webOf = (component: string): Record<string, string> =>
  find(chartOf(component).objects, `ConfigMap monitoring/${component}-web`).data ?? {};

test('a server that probes itself gets a client configuration for it', () => {
  expect(Object.keys(webOf('prometheus'))).toEqual(['probe.yml', 'web.yml']);
  expect(parse(webOf('prometheus')['probe.yml'] ?? '')).toEqual({
    tls_config: {
      ca_file: '/etc/vigil/tls/ca.crt',
      cert_file: '/etc/vigil/tls/tls.crt',
      key_file: '/etc/vigil/tls/tls.key',
      server_name: 'localhost',
    },
  });
});

test('a server that no flow leads to from itself gets none', () => {
  expect(Object.keys(webOf('kube-state-metrics'))).toEqual(['web.yml']);
});
