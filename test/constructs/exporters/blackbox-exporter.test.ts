import { parse } from 'yaml';
import { chartOf, fileOf, type RenderedChart } from '../../support/stack';

const chart = chartOf('blackbox-exporter');

type Modules = Record<string, Record<string, unknown> & { http?: { tls_config?: object } }>;

const modulesOf = ({ objects }: RenderedChart): Modules => {
  const text = fileOf(objects, 'monitoring/blackbox-config', 'blackbox.yml');
  return (parse(text) as { modules: Modules }).modules;
};

const OWN = { cert_file: '/etc/vigil/tls/tls.crt', key_file: '/etc/vigil/tls/tls.key' };

test('modules for certificates do nothing but the handshake, so that no one can send a request through them', () => {
  const modules = Object.entries(modulesOf(chart)).filter(([name]) => name.startsWith('tls-'));

  expect(modules.length).toBeGreaterThan(10);
  for (const [name, module] of modules) {
    expect([name, Object.keys(module).sort()]).toEqual([name, ['prober', 'tcp', 'timeout']]);
    expect(module.prober).toBe('tcp');
    expect(module.tcp).toMatchObject({ tls: true });
    expect(module.tcp).not.toHaveProperty('query_response');
  }
});

test.each(['apache', 'nginx', 'sample-app'])(
  'the page of %s is asked for by its name, over TLS and without a certificate',
  (name) => {
    expect(modulesOf(chart)[`page-${name}`]).toEqual({
      prober: 'http',
      timeout: '5s',
      http: {
        fail_if_not_ssl: true,
        follow_redirects: false,
        preferred_ip_protocol: 'ip4',
        tls_config: { ca_file: '/etc/vigil/tls/ca.crt', server_name: `${name}.web.svc` },
      },
    });
  },
);

test('where visitors need a certificate, the page is asked for with the own one', () => {
  const modules = modulesOf(chartOf('blackbox-exporter', { web: { clientCertificates: true } }));

  for (const name of ['apache', 'nginx', 'sample-app']) {
    expect(modules[`page-${name}`]?.http?.tls_config).toMatchObject(OWN);
  }
});

test('there are no other modules', () => {
  expect(Object.keys(modulesOf(chart)).filter((name) => !/^(tls|page)-/.test(name))).toEqual([]);
});

test('its objects', () => {
  expect(chart.text).toMatchSnapshot();
});
