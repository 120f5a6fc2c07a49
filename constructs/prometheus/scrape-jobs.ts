import { clientTls, selectorOf } from '../kubernetes';
import type { Component, Outside, ScrapeJob } from '../topology';
import { keptSeries } from './series';
import type { KubernetesDiscovery, RelabelConfig, ScrapeConfig } from './types';

/** Where kubelet mounts the service account's token and the cluster's own CA. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The name in the certificate that kubeadm gives the API server; kind's scheduler and controller-manager show the same. */
const API_SERVER_NAME = 'kubernetes.default.svc';

/** Job of the probes that look at the certificates served. */
export const EXPIRY_JOB = 'certificate-expiry';

/** Job of the probes that ask for web pages from outside; its targets bear the label `component`. */
export const WEB_PAGE_JOB = 'web-page';

const clusterTls = (serverName?: string): Pick<ScrapeConfig, 'authorization' | 'tls_config'> => ({
  authorization: { credentials_file: `${SERVICE_ACCOUNT}/token` },
  tls_config: {
    ca_file: `${SERVICE_ACCOUNT}/ca.crt`,
    ...(serverName && { server_name: serverName }),
  },
});

/**
 * The scrape configuration of a job of the topology: components of ours over mutual TLS with our authority, the
 * cluster's own parts over TLS with the cluster's CA and the service account's token.
 */
export function scrapeConfig(job: ScrapeJob, ourNamespaces: readonly string[]): ScrapeConfig {
  const { target } = job;
  const relabel = keptSeries[job.name];
  return {
    job_name: job.name,
    scheme: 'https',
    scrape_interval: `${job.everySeconds}s`,
    scrape_timeout: `${Math.min(10, job.everySeconds)}s`,
    metrics_path: job.path,
    ...(target.kind === 'component'
      ? componentTarget(target, job, ourNamespaces)
      : clusterTarget(target, job)),
    ...(relabel && { metric_relabel_configs: relabel }),
  };
}

/** One discovery for all components, so that Prometheus keeps one watch for each namespace and not one for each job. */
const podDiscovery = (names: readonly string[]): KubernetesDiscovery[] => [
  { role: 'pod', namespaces: { names } },
];

type Discovered = Required<Pick<ScrapeConfig, 'kubernetes_sd_configs' | 'relabel_configs'>>;

/** Discovery of the pods of a component that serve a port. */
export function discoverPods(
  component: Component,
  port: number,
  ourNamespaces: readonly string[],
): Discovered {
  return {
    kubernetes_sd_configs: podDiscovery(ourNamespaces),
    relabel_configs: [
      keep('__meta_kubernetes_namespace', component.namespace),
      ...keepLabels(selectorOf(component)),
      keep('__meta_kubernetes_pod_container_port_number', String(port)),
    ],
  };
}

function componentTarget(
  component: Component,
  { port, about }: ScrapeJob,
  ourNamespaces: readonly string[],
): Discovered & Pick<ScrapeConfig, 'tls_config'> {
  const { kubernetes_sd_configs, relabel_configs } = discoverPods(component, port, ourNamespaces);
  return {
    tls_config: clientTls(component.dnsName),
    kubernetes_sd_configs,
    relabel_configs: [...relabel_configs, ...targetLabels(about)],
  };
}

type ClusterTarget = Discovered & ReturnType<typeof clusterTls>;

function clusterTarget(target: Outside, job: ScrapeJob): ClusterTarget {
  const { place } = target;
  if (place.kind === 'nodes' && !place.labels) return { ...clusterTls(), ...nodeTargets(job.port) };
  if (place.kind === 'nodes' || place.kind === 'pods') {
    const namespace = place.namespace ?? 'kube-system';
    const labels = place.labels ?? {};
    const relabel = [keep('__meta_kubernetes_namespace', namespace), ...keepLabels(labels)];
    const discovery = podDiscovery([namespace]);
    const address = job.via ? throughApiServer(job.port) : atPort(job.port);
    return {
      ...clusterTls(API_SERVER_NAME),
      kubernetes_sd_configs: discovery,
      relabel_configs: [...relabel, ...address, ...targetLabels(job.about)],
    };
  }
  throw new Error(`scrape job ${job.name}: a ${place.kind} cannot be discovered`);
}

/** Nodes by their internal address, which their serving certificates carry. */
const nodeTargets = (port: number): Discovered => ({
  kubernetes_sd_configs: [{ role: 'node' }],
  relabel_configs: [
    {
      source_labels: ['__meta_kubernetes_node_address_InternalIP'],
      target_label: '__address__',
      replacement: `$1:${port}`,
    },
    { source_labels: ['__meta_kubernetes_node_name'], target_label: 'node' },
    { source_labels: ['__meta_kubernetes_node_name'], target_label: 'instance' },
  ],
});

const keep = (label: string, regex: string): RelabelConfig => ({
  source_labels: [label],
  regex,
  action: 'keep',
});

const keepLabels = (labels: Readonly<Record<string, string>>): RelabelConfig[] =>
  Object.entries(labels).map(([name, value]) =>
    keep(`__meta_kubernetes_pod_label_${name.replaceAll(/[^a-zA-Z0-9_]/g, '_')}`, value),
  );

/** A pod with several ports gives several targets; all get this one address, and Prometheus keeps one of equals. */
const atPort = (port: number): RelabelConfig[] => [
  {
    source_labels: ['__meta_kubernetes_pod_ip'],
    target_label: '__address__',
    replacement: `$1:${port}`,
  },
];

/**
 * CoreDNS serves plain HTTP only. The API server's pod proxy carries the scrape over TLS with a token up to the
 * control plane, and RBAC says who may ask (docs/adr/0004).
 */
const throughApiServer = (port: number): RelabelConfig[] => [
  {
    source_labels: ['__meta_kubernetes_namespace', '__meta_kubernetes_pod_name'],
    separator: ';',
    regex: '(.+);(.+)',
    target_label: '__metrics_path__',
    replacement: `/api/v1/namespaces/$1/pods/$2:${port}/proxy/metrics`,
  },
  { target_label: '__address__', replacement: `${API_SERVER_NAME}:443` },
];

const fromPod = (meta: string, target: string): RelabelConfig => ({
  source_labels: [`__meta_kubernetes_${meta}`],
  target_label: target,
});

/** Labels of the target; only those that are true of what its samples speak about. */
const targetLabels = (about: ScrapeJob['about']): RelabelConfig[] => [
  ...(about === 'itself' ? [fromPod('namespace', 'namespace'), fromPod('pod_name', 'pod')] : []),
  ...(about === 'others' ? [] : [fromPod('pod_node_name', 'node')]),
  // Readers think in pods and nodes, not in addresses.
  fromPod('pod_name', 'instance'),
];
