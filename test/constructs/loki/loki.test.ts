import { logRules } from '../../../constructs/loki/rules';
import { find, stackOf } from '../../support/stack';

const { objects, pods, context } = stackOf();
const conf = find(objects, 'ConfigMap monitoring/loki-proxy').data?.['nginx.conf'] ?? '';

/** Who may ask for a path of the proxy, by common name. */
function admitted(path: string): string[] {
  const escaped = path.replaceAll('/', '\\/');
  const [, name = ''] =
    new RegExp(`location (?:= )?${escaped} {\\n\\s+if \\((\\S+) = 0\\)`).exec(conf) ?? [];
  const [, map = ''] =
    new RegExp(`map \\$ssl_client_s_dn ${name.replace('$', '\\$')} {([^}]*)}`).exec(conf) ?? [];
  return [...map.matchAll(/"CN=([^"]+)" 1;/g)].map(([, client = '']) => client);
}

test.each([
  ['/loki/api/v1/push', ['alloy.agents.svc']],
  ['/metrics', ['prometheus.monitoring.svc']],
  ['/loki/api/v1/query_range', ['grafana.monitoring.svc', 'technician']],
  ['/prometheus/api/v1/rules', ['grafana.monitoring.svc', 'technician']],
  // Everything else.
  ['/', []],
])('%s is for %j', (path, clients) => {
  expect(admitted(path)).toEqual(clients);
});

test('every group of rules is a file in the folder of the tenant', () => {
  const { data = {} } = find(objects, 'ConfigMap monitoring/loki-rules');
  const container = pods.find(({ name }) => name === 'loki')?.containers[0];
  const groups = logRules(context.settings, context.topology);

  expect(Object.keys(data).sort()).toEqual(groups.map(({ name }) => `${name}.yml`).sort());
  expect(container?.volumeMounts).toContainEqual({
    name: 'loki-rules',
    mountPath: '/etc/loki/rules/fake',
    readOnly: true,
  });
});

test('whoever comes from elsewhere shows a certificate', () => {
  const servers = conf.split(/^\s*server {$/m).slice(1);
  const open = servers.filter((server) => !/^\s*listen 127\.0\.0\.1:\d+;$/m.test(server));

  expect(open.map((server) => server.match(/^\s*listen .*$/gm))).toEqual([
    [expect.stringMatching(/^\s*listen 3100 ssl;$/)],
  ]);
  expect(open[0]).toContain('ssl_verify_client on;');
  expect(open[0]).toContain('ssl_client_certificate /etc/vigil/tls/ca.crt;');
});

test('Loki itself holds no certificate and listens on loopback', () => {
  const container = pods.find(({ name }) => name === 'loki')?.containers[0];
  const config = find(objects, 'ConfigMap monitoring/loki-config').data?.['loki.yml'] ?? '';

  expect(container?.volumeMounts?.map(({ name }) => name)).not.toContain('tls');
  expect(config).toContain('http_listen_address: 127.0.0.1');
  expect(config).toContain('grpc_listen_address: 127.0.0.1');
  expect(config).toContain('reporting_enabled: false');
});
