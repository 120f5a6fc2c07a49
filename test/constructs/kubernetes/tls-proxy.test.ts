import { nginxConf } from '../../../constructs/kubernetes';
import { parseSettings } from '../../../constructs/settings';
import { buildTopology } from '../../../constructs/topology';

const client = { spiffeId: 'spiffe://vigil/ns/monitoring/sa/a', commonName: 'a.monitoring.svc' };

test('a listener admits its clients, and no one else, on every path', () => {
  const conf = nginxConf({ listeners: [{ port: 9101, upstream: 8080, clients: [client] }] });

  expect(conf).toContain('ssl_verify_client on;');
  expect(conf).toContain('"CN=a.monitoring.svc" 1;');
  expect(conf).toMatch(/location \/ {\n\s+if \(\$allowed_9101 = 0\) { return 403; }/);
  expect(conf).toMatchSnapshot();
});

test('a listener without clients admits no one', () => {
  const conf = nginxConf({ listeners: [{ port: 9101, upstream: 8080, clients: [] }] });

  expect(conf).toMatch(/map \$ssl_client_s_dn \$allowed_9101 {\n\s+default 0;\n\s+}/);
});

test('a server with a login asks for a certificate on the restricted path only', () => {
  const conf = nginxConf({
    listeners: [
      {
        port: 3000,
        upstream: 3001,
        clients: 'anyone',
        restricted: { path: '/metrics', clients: [client] },
      },
    ],
  });

  expect(conf).toContain('ssl_verify_client optional;');
  expect(conf).toMatch(/location = \/metrics {\n\s+if \(\$restricted_3000 = 0\) { return 403; }/);
  expect(conf).toMatch(/location \/ {\n\s+proxy_pass/);
});

test('a way out verifies the server’s name and shows our certificate', () => {
  const server = buildTopology(parseSettings({})).component('prometheus');
  const conf = nginxConf({ upstreams: [{ port: 9090, server, serverPort: 9090 }] });

  expect(conf).toContain('listen 127.0.0.1:9090;');
  expect(conf).toContain('proxy_ssl_verify on;');
  expect(conf).toContain('proxy_ssl_name prometheus.monitoring.svc;');
  expect(conf).toMatchSnapshot();
});
