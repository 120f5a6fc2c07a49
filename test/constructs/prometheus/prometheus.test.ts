import type { V1PolicyRule } from '@kubernetes/client-node';
import { parse } from 'yaml';
import type { VigilConfig } from '../../../constructs/settings';
import { chartOf, fileOf, find, onlyPods, type Rendered } from '../../support/stack';

const archive = {
  name: 'archive',
  url: 'https://archive.example.com/api/v1/write',
  cidrs: ['203.0.113.0/24'],
};
const withArchive = (change: object = {}): VigilConfig => ({
  prometheus: { remoteWrite: [{ ...archive, ...change }] },
});

interface Config {
  readonly global: object;
  readonly storage: object;
  readonly remote_write?: readonly object[];
  readonly scrape_configs: readonly {
    readonly job_name: string;
    readonly scrape_timeout: string;
  }[];
}

const configOf = (objects: readonly Rendered[]): Config =>
  parse(fileOf(objects, 'monitoring/prometheus-config', 'prometheus.yml')) as Config;

const claimOf = (objects: readonly Rendered[]): unknown =>
  find(objects, 'StatefulSet monitoring/prometheus').spec?.volumeClaimTemplates;

test('one replica with a volume, which reads everything again by itself', () => {
  const chart = chartOf('prometheus');
  const [container] = onlyPods(chart).containers;

  expect(find(chart.objects, 'StatefulSet monitoring/prometheus').spec?.replicas).toBe(1);
  expect(container?.args).toEqual(
    expect.arrayContaining([
      '--config.auto-reload',
      '--web.config.file=/etc/vigil/web/web.yml',
      '--storage.tsdb.path=/prometheus',
    ]),
  );
  // No flag that lets a client stop it or delete series.
  expect(container?.args?.join(' ')).not.toMatch(/enable-(lifecycle|admin-api)/);
  expect(configOf(chart.objects).storage).toEqual({
    tsdb: { retention: { time: '15d', size: '6GB' } },
  });
  expect(chart.text).toMatchSnapshot();
});

test('its probes show its own certificate', () => {
  const [container] = onlyPods(chartOf('prometheus')).containers;

  for (const probe of [
    container?.startupProbe,
    container?.readinessProbe,
    container?.livenessProbe,
  ]) {
    expect(probe?.exec?.command).toEqual([
      'promtool',
      'check',
      expect.stringMatching(/^(ready|healthy)$/),
      '--url=https://localhost:9090',
      '--http.config.file=/etc/vigil/web/probe.yml',
    ]);
  }
});

test('a receiver with a token: sent from a file of the user’s Secret', () => {
  const chart = chartOf('prometheus', withArchive({ tokenSecret: 'archive-token' }));
  const { volumes, containers } = onlyPods(chart);

  expect(configOf(chart.objects).remote_write).toEqual([
    {
      name: 'archive',
      url: 'https://archive.example.com/api/v1/write',
      authorization: { credentials_file: '/etc/prometheus/remote-write/archive/token' },
    },
  ]);
  expect(volumes).toContainEqual({
    name: 'token-archive',
    secret: { secretName: 'archive-token', defaultMode: 0o440 },
  });
  expect(containers[0]?.volumeMounts).toContainEqual({
    name: 'token-archive',
    mountPath: '/etc/prometheus/remote-write/archive',
    readOnly: true,
  });
});

test('a receiver without a token: no Secret', () => {
  const chart = chartOf('prometheus', withArchive());

  expect(configOf(chart.objects).remote_write).toEqual([{ name: 'archive', url: archive.url }]);
  expect(onlyPods(chart).volumes.map(({ name }) => name)).not.toContain('token-archive');
});

test('no receiver and no labels by default', () => {
  const config = configOf(chartOf('prometheus').objects);

  expect(config.remote_write).toBeUndefined();
  expect(config.global).toEqual({ scrape_interval: '15s', evaluation_interval: '10s' });
});

test('storage, its class, retention, interval and labels come from the settings', () => {
  const { objects } = chartOf('prometheus', {
    storageClass: 'fast',
    prometheus: {
      storage: '20Gi',
      retentionTime: '30d',
      retentionSize: '16GB',
      scrapeInterval: '5s',
      evaluationInterval: '7s',
      externalLabels: { cluster: 'lab' },
    },
  });
  const config = configOf(objects);

  expect(claimOf(objects)).toEqual([
    expect.objectContaining({
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'fast',
        resources: { requests: { storage: '20Gi' } },
      },
    }),
  ]);
  expect(config.storage).toEqual({ tsdb: { retention: { time: '30d', size: '16GB' } } });
  expect(config.global).toEqual({
    scrape_interval: '5s',
    evaluation_interval: '7s',
    external_labels: { cluster: 'lab' },
  });
  // A timeout longer than the interval is refused by Prometheus.
  expect(new Set(config.scrape_configs.map((job) => job.scrape_timeout))).toEqual(new Set(['5s']));
});

test('without the default class, the cluster’s own is taken', () => {
  expect(JSON.stringify(claimOf(chartOf('prometheus').objects))).not.toContain('storageClassName');
});

test('requests and limits are replaced field by field', () => {
  const [container] = onlyPods(
    chartOf('prometheus', { resources: { prometheus: { memoryLimit: '4Gi', cpu: '0.5' } } }),
  ).containers;

  expect(container?.resources).toMatchObject({
    requests: { cpu: '0.5', memory: expect.stringMatching(/^\d+Mi$/) as string },
    limits: { memory: '4Gi' },
  });
  // A limit of CPU would only throttle.
  expect(container?.resources?.limits?.cpu).toBeUndefined();
});

test('an image of one’s own', () => {
  const image = 'registry.example.com:5000/prometheus:v3.14.0';

  expect(
    onlyPods(chartOf('prometheus', { images: { prometheus: image } })).containers[0]?.image,
  ).toBe(image);
});

test.each([
  ['apiServer', ['api-server']],
  ['controlPlane', ['scheduler', 'controller-manager']],
  ['kubelets', ['kubelet']],
  ['coreDns', ['core-dns']],
])('what a cluster does not show is not scraped: cluster.%s', (part, without) => {
  const jobs = (config: VigilConfig): string[] =>
    configOf(chartOf('prometheus', config).objects).scrape_configs.map(
      ({ job_name: name }) => name,
    );
  const less = jobs({ cluster: { [part]: false } });

  expect(jobs({}).filter((name) => !less.includes(name))).toEqual(without);
});

test('without CoreDNS to scrape, Prometheus may not ask pods through the API server', () => {
  const granted = (config: VigilConfig): unknown => {
    const { rules } = find(chartOf('prometheus', config).objects, 'Role kube-system/prometheus');
    return (rules as V1PolicyRule[]).flatMap(({ resources = [] }) => resources);
  };

  expect(granted({})).toEqual(['pods', 'pods/proxy']);
  expect(granted({ cluster: { coreDns: false } })).toEqual(['pods']);
});
