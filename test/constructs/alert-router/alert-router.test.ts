import type { RouterConfig } from '../../../constructs/alert-router/router-config';
import type { VigilConfig } from '../../../constructs/settings';
import { parseConfig } from '../../../services/alert-router/src/config/schema';
import { chartOf, fileOf, find, onlyPods } from '../../support/stack';

const configOf = (config: VigilConfig = {}): RouterConfig =>
  JSON.parse(
    fileOf(
      chartOf('alert-router', config).objects,
      'monitoring/alert-router-config',
      'router.json',
    ),
  ) as RouterConfig;

test('one replica, never two at once, with its queue on a volume', () => {
  const chart = chartOf('alert-router');
  const deployment = find(chart.objects, 'Deployment monitoring/alert-router');

  expect(deployment.spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
  expect(
    find(chart.objects, 'PersistentVolumeClaim monitoring/alert-router-data').spec,
  ).toMatchObject({ resources: { requests: { storage: '256Mi' } } });
  expect(onlyPods(chart).volumes).toContainEqual({
    name: 'data',
    persistentVolumeClaim: { claimName: 'alert-router-data' },
  });
  expect(chart.text).toMatchSnapshot();
});

test('credentials are a Secret that is applied empty and mounted whole', () => {
  const chart = chartOf('alert-router');

  expect(find(chart.objects, 'Secret monitoring/alert-router-destinations').data).toBeUndefined();
  expect(onlyPods(chart).volumes).toContainEqual({
    name: 'destinations',
    secret: { secretName: 'alert-router-destinations', defaultMode: 0o440 },
  });
});

test('a change of the configuration restarts nothing', () => {
  const { spec } = find(
    chartOf('alert-router').objects,
    'Deployment monitoring/alert-router',
  ) as unknown as { spec: { template: { metadata: object } } };

  expect(spec.template.metadata).not.toHaveProperty('annotations');
});

test('destinations, routes and links are those of the settings', () => {
  const config = configOf({
    alertRouter: {
      destinations: {
        chat: { kind: 'discord' },
        oncall: { kind: 'mail', to: ['oncall@example.com'] },
        pager: { kind: 'webhook' },
      },
      defaultDestinations: ['chat'],
      routes: [{ matchers: ['severity="critical"'], destinations: ['pager', 'oncall'] }],
      mail: { from: 'vigil@example.com' },
      links: { grafana: 'https://grafana.example.com' },
      reminder: '2h',
      heartbeatTimeout: '10m',
    },
  });

  expect(config).toMatchObject({
    version: 1,
    destinations: {
      chat: { kind: 'discord', origins: ['https://discord.com'] },
      oncall: { kind: 'mail', to: ['oncall@example.com'], from: 'vigil@example.com' },
      pager: { kind: 'webhook' },
    },
    route: {
      destinations: ['chat'],
      routes: [{ matchers: ['severity="critical"'], destinations: ['pager', 'oncall'] }],
    },
    alertmanagers: ['https://alertmanager.monitoring.svc:9093'],
    notificationDelaySeconds: 35,
    heartbeatTimeoutSeconds: 600,
    reminderSeconds: 7200,
    links: { grafana: 'https://grafana.example.com' },
  });
});

test.each<[string, VigilConfig]>([
  ['the defaults', {}],
  [
    'regular expressions with escapes',
    {
      alertRouter: {
        routes: [
          'instance=~"10\\.0\\..*"',
          'job=~"a\\d"',
          'job=~"\\\\(x\\\\)"',
          'a="say \\"hi\\""',
        ].map((matcher) => ({ matchers: [matcher], destinations: ['general'] })),
      },
    },
  ],
  [
    'URLs with a slash at the end',
    {
      alertRouter: {
        discord: { origins: ['https://discord.com/'] },
        links: { grafana: 'https://grafana.example.com/', runbooks: 'https://git.example/x//' },
      },
    },
  ],
])('what the settings accept, the router accepts: %s', (_what, config) => {
  const text = JSON.stringify(configOf(config));

  expect(parseConfig(text)).toEqual(JSON.parse(text));
});

test('only the kinds of receivers that are named can be reached', () => {
  const egress = (config: VigilConfig): string =>
    JSON.stringify(
      find(chartOf('network-policies', config).objects, 'NetworkPolicy monitoring/alert-router')
        .spec,
    );
  const mail = { kind: 'mail' as const, to: ['oncall@example.com'] };
  const only = egress({
    alertRouter: {
      destinations: { mail },
      defaultDestinations: ['mail'],
      routes: [],
      mail: { networks: ['203.0.113.25/32'] },
    },
  });

  expect(only).toContain('203.0.113.25/32');
  expect(only).not.toContain('0.0.0.0/0');
  // Anywhere, but never the cluster's own networks.
  expect(egress({})).toContain('{"cidr":"0.0.0.0/0","except":["10.0.0.0/8"');
});

test('authorities of receivers are trusted beside the public ones, and a change of them rolls the pod', () => {
  const authorities = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
  const chart = chartOf('alert-router', { alertRouter: { authorities } });
  const { env, volumeMounts } = onlyPods(chart).containers[0] ?? {};

  expect(fileOf(chart.objects, 'monitoring/alert-router-authorities', 'ca.crt')).toBe(authorities);
  expect(env).toContainEqual({
    name: 'NODE_EXTRA_CA_CERTS',
    value: '/etc/vigil/authorities/ca.crt',
  });
  expect(volumeMounts).toContainEqual(
    expect.objectContaining({ mountPath: '/etc/vigil/authorities' }),
  );
  expect(chart.text).toContain('vigil.local/config-alert-router-authorities');
});
