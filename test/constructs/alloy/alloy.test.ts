import { find, stackOf, type Pods } from '../../support/stack';

const podsOf = (auditLogFolder?: string): Pods | undefined =>
  stackOf(auditLogFolder === undefined ? {} : { alloy: { auditLogFolder } }).pods.find(
    ({ name }) => name === 'alloy',
  );

const mountsOf = (pods: Pods | undefined): (string | undefined)[] =>
  (pods?.containers[0]?.volumeMounts ?? []).map(
    ({ mountPath, readOnly }) => `${mountPath}${readOnly ? '' : ' (writable)'}`,
  );

test('sees the logs of its node, and writes only how far it has read', () => {
  expect(mountsOf(podsOf())).toEqual([
    '/etc/vigil/tls',
    '/etc/alloy/config',
    '/var/log',
    '/run/log',
    '/var/lib/alloy (writable)',
    '/tmp (writable)',
  ]);
});

test('an audit log elsewhere is mounted too, and on nodes without one its folder is made', () => {
  const pods = podsOf('/srv/audit');
  const config = find(
    stackOf({ alloy: { auditLogFolder: '/srv/audit' } }).objects,
    'ConfigMap agents/alloy-config',
  );

  expect(mountsOf(pods)).toContain('/srv/audit');
  expect(pods?.volumes).toContainEqual({
    name: 'audit-log',
    hostPath: { path: '/srv/audit', type: 'DirectoryOrCreate' },
  });
  expect(config.data?.['config.alloy']).toContain('"__path__" = "/srv/audit/audit.log"');
});

test('nothing is reported home, and no door is open but the metrics', () => {
  const { objects } = stackOf();
  const conf = find(objects, 'ConfigMap agents/alloy-proxy').data?.['nginx.conf'] ?? '';

  expect(podsOf()?.containers[0]?.args).toEqual(
    expect.arrayContaining([
      '--disable-reporting',
      '--server.http.disable-support-bundle',
      '--server.http.enable-pprof=false',
      '--server.http.listen-addr=127.0.0.1:12346',
    ]),
  );
  expect([...conf.matchAll(/location ([^{]+) {/g)].map(([, location]) => location)).toEqual([
    '= /metrics',
    '/',
  ]);
  expect(conf).toMatch(/map \$ssl_client_s_dn \$allowed_12345 {\n\s+default 0;\n\s+}/);
});

test('reads pods, and nothing else of the API', () => {
  expect(find(stackOf().objects, 'ClusterRole vigil-alloy')).toMatchObject({
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
  });
});
