import { parse } from 'yaml';
import { toYaml } from '../../../constructs/kubernetes';
import { chartOf, fileOf, idOf, onlyPods } from '../../support/stack';

const chart = chartOf('grafana');
const environment = Object.fromEntries(
  (onlyPods(chart).containers[0]?.env ?? []).map(({ name, value }) => [name, value]),
);

test('Grafana listens on loopback, behind the proxy', () => {
  const [grafana, proxy] = onlyPods(chart).containers;

  expect(environment.GF_SERVER_HTTP_ADDR).toBe('127.0.0.1');
  expect(grafana?.ports).toBeUndefined();
  expect(proxy?.ports).toEqual([{ name: 'web', containerPort: 3000 }]);
  expect(proxy?.readinessProbe?.httpGet).toEqual({
    path: '/api/health',
    port: 3000,
    scheme: 'HTTPS',
  });
});

test('logins: a password from a file, no sign-up, no visitors, cookies over HTTPS only', () => {
  expect(environment).toMatchObject({
    GF_SECURITY_ADMIN_PASSWORD__FILE: '/etc/vigil/admin/password',
    GF_SECURITY_COOKIE_SECURE: 'true',
    GF_USERS_ALLOW_SIGN_UP: 'false',
    GF_AUTH_ANONYMOUS_ENABLED: 'false',
  });
  expect(environment).not.toHaveProperty('GF_SECURITY_ADMIN_PASSWORD');
});

test('nothing is sent or fetched from outside', () => {
  expect(environment).toMatchObject({
    GF_ANALYTICS_REPORTING_ENABLED: 'false',
    GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
    GF_SECURITY_DISABLE_GRAVATAR: 'true',
    GF_NEWS_NEWS_FEED_ENABLED: 'false',
  });
});

test('the data sources are on loopback, where the proxy carries them over mutual TLS', () => {
  const { datasources } = parse(
    fileOf(chart.objects, 'monitoring/grafana-data-sources', 'data-sources.yml'),
  ) as { datasources: { uid: string; url: string }[] };
  const conf = fileOf(chart.objects, 'monitoring/grafana-proxy', 'nginx.conf');

  expect(datasources.map(({ uid, url }) => [uid, url])).toEqual([
    ['prometheus', 'http://127.0.0.1:9090'],
    ['alertmanager', 'http://127.0.0.1:9093'],
    ['loki', 'http://127.0.0.1:3100'],
  ]);
  for (const { url } of datasources)
    expect(conf).toContain(`listen ${url.replace('http://', '')};`);
  expect(conf.match(/proxy_ssl_verify on;/g)).toHaveLength(datasources.length);
});

test('its objects', () => {
  // Dashboards have tests of their own.
  const text = chart.objects
    .filter((object) => idOf(object) !== 'ConfigMap monitoring/grafana-dashboards')
    .map(toYaml)
    .join('---\n');

  expect(text).toMatchSnapshot();
});
