import { isPage, namespaces, type Component, type Topology } from '../topology';
import { clientTls } from '../kubernetes';
import type { Settings } from '../settings';
import { EXPIRY_JOB, WEB_PAGE_JOB, discoverPods, scrapeConfig } from './scrape-jobs';
import { keptSeries } from './series';
import type { PrometheusConfig, RelabelConfig, RemoteWriteConfig, ScrapeConfig } from './types';

/** Directory of the rule files within the container. */
export const RULES_DIRECTORY = '/etc/prometheus/rules';

/** Directory of the bearer tokens for remote writes, one folder for each receiver. */
export const TOKENS_DIRECTORY = '/etc/prometheus/remote-write';

/** Prometheus' own configuration: its scrape jobs are those of the topology. */
export function prometheusConfig(settings: Settings, topology: Topology): PrometheusConfig {
  const { prometheus } = settings;
  const ourNamespaces = Object.keys(namespaces);
  const remoteWrite = prometheus.remoteWrite.map(remoteWriteConfig);
  const labels = prometheus.externalLabels;
  return {
    global: {
      scrape_interval: prometheus.scrapeInterval,
      evaluation_interval: prometheus.evaluationInterval,
      ...(Object.keys(labels).length > 0 && { external_labels: labels }),
    },
    storage: {
      tsdb: { retention: { time: prometheus.retentionTime, size: prometheus.retentionSize } },
    },
    rule_files: [`${RULES_DIRECTORY}/*.yml`],
    alerting: { alertmanagers: [alertmanagers(topology.component('alertmanager'), ourNamespaces)] },
    scrape_configs: [
      ...topology.scrapeJobs.map((job) => scrapeConfig(job, ourNamespaces)),
      expiryProbes(settings, topology, ourNamespaces),
      ...pageProbes(settings, topology),
    ],
    ...(remoteWrite.length > 0 && { remote_write: remoteWrite }),
  };
}

function alertmanagers(alertmanager: Component, ourNamespaces: readonly string[]) {
  return {
    scheme: 'https' as const,
    tls_config: clientTls(alertmanager.dnsName),
    ...discoverPods(alertmanager, alertmanager.ports.web ?? 0, ourNamespaces),
  };
}

function remoteWriteConfig({
  name,
  url,
  tokenSecret,
}: Settings['prometheus']['remoteWrite'][number]): RemoteWriteConfig {
  return {
    name,
    url,
    ...(tokenSecret && {
      authorization: { credentials_file: `${TOKENS_DIRECTORY}/${name}/token` },
    }),
  };
}

/** The blackbox module that verifies a component's certificate against its own DNS name. */
export const expiryModule = (component: Pick<Component, 'name'>): string => `tls-${component.name}`;

/** Asks the blackbox exporter for a handshake with each TLS endpoint of ours. */
function expiryProbes(
  settings: Settings,
  topology: Topology,
  ourNamespaces: readonly string[],
): ScrapeConfig {
  const blackbox = topology.component('blackboxExporter');
  const probed = topology
    .flowsFrom(blackbox)
    .filter(({ to }) => to.kind === 'component')
    .map(({ to, port }) => `${to.name};${port.number}`);
  const prefix = '__meta_kubernetes_pod';
  const relabel: RelabelConfig[] = [
    {
      source_labels: [`${prefix}_label_app_kubernetes_io_name`, `${prefix}_container_port_number`],
      separator: ';',
      regex: probed.join('|'),
      action: 'keep',
    },
    { source_labels: ['__address__'], target_label: '__param_target' },
    {
      source_labels: [`${prefix}_label_app_kubernetes_io_name`],
      target_label: '__param_module',
      replacement: expiryModule({ name: '$1' }),
    },
    { source_labels: [`${prefix}_label_app_kubernetes_io_name`], target_label: 'component' },
    { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
    { source_labels: [`${prefix}_name`], target_label: 'pod' },
    { source_labels: [`${prefix}_node_name`], target_label: 'node' },
    { source_labels: [`${prefix}_container_port_number`], target_label: 'port' },
    {
      source_labels: [`${prefix}_name`, `${prefix}_container_port_number`],
      separator: ':',
      target_label: 'instance',
    },
    throughBlackbox(blackbox),
  ];
  return {
    job_name: EXPIRY_JOB,
    ...probe(settings, blackbox),
    kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: ourNamespaces } }],
    relabel_configs: relabel,
    metric_relabel_configs: keptSeries[EXPIRY_JOB],
  };
}

/** The blackbox module that asks for a component's page. */
export const pageModule = (component: Pick<Component, 'name'>): string => `page-${component.name}`;

/** Asks the blackbox exporter for each page as visitors reach it: by its name, through the Service. */
function pageProbes(settings: Settings, topology: Topology): ScrapeConfig[] {
  const pages = topology.components.filter(isPage);
  if (pages.length === 0) return [];
  const blackbox = topology.component('blackboxExporter');
  return [
    {
      job_name: WEB_PAGE_JOB,
      ...probe(settings, blackbox),
      static_configs: pages.map(({ name, namespace, dnsName }) => ({
        targets: [`https://${dnsName}/`],
        labels: { component: name, namespace },
      })),
      relabel_configs: [
        { source_labels: ['__address__'], target_label: '__param_target' },
        { source_labels: ['__address__'], target_label: 'instance' },
        {
          source_labels: ['component'],
          target_label: '__param_module',
          replacement: pageModule({ name: '$1' }),
        },
        throughBlackbox(blackbox),
      ],
      metric_relabel_configs: keptSeries[WEB_PAGE_JOB],
    },
  ];
}

const probe = ({ prometheus: { scrapeInterval } }: Settings, blackbox: Component) =>
  ({
    scheme: 'https',
    scrape_interval: scrapeInterval,
    scrape_timeout: scrapeInterval,
    metrics_path: '/probe',
    tls_config: clientTls(blackbox.dnsName),
  }) as const;

const throughBlackbox = (blackbox: Component): RelabelConfig => ({
  target_label: '__address__',
  replacement: `${blackbox.dnsName}:${blackbox.ports.metrics}`,
});
