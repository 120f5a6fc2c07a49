/** The parts of Prometheus' configuration that we write, in its own spelling (docs/configuration/configuration.md). */
export interface TlsConfig {
  readonly ca_file: string;
  readonly cert_file?: string;
  readonly key_file?: string;
  readonly server_name?: string;
}

export interface RelabelConfig {
  readonly source_labels?: readonly string[];
  readonly separator?: string;
  readonly regex?: string;
  readonly target_label?: string;
  readonly replacement?: string;
  readonly action?: 'replace' | 'keep' | 'drop' | 'labelmap' | 'labeldrop' | 'keepequal';
}

export interface KubernetesDiscovery {
  readonly role: 'pod' | 'node' | 'endpointslice';
  readonly namespaces?: { readonly names: readonly string[] };
}

/** Targets by name, with labels of their own. */
export interface StaticTargets {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface Authorization {
  readonly credentials_file: string;
}

export interface ScrapeConfig {
  readonly job_name: string;
  readonly scheme: 'https';
  readonly scrape_interval: string;
  readonly scrape_timeout: string;
  readonly metrics_path: string;
  readonly params?: Readonly<Record<string, readonly string[]>>;
  readonly authorization?: Authorization;
  readonly tls_config: TlsConfig;
  readonly kubernetes_sd_configs?: readonly KubernetesDiscovery[];
  readonly static_configs?: readonly StaticTargets[];
  readonly relabel_configs: readonly RelabelConfig[];
  readonly metric_relabel_configs?: readonly RelabelConfig[];
}

export interface AlertmanagerConfig {
  readonly scheme: 'https';
  readonly tls_config: TlsConfig;
  readonly kubernetes_sd_configs: readonly KubernetesDiscovery[];
  readonly relabel_configs: readonly RelabelConfig[];
}

export interface RemoteWriteConfig {
  readonly name: string;
  readonly url: string;
  readonly authorization?: Authorization;
}

export interface PrometheusConfig {
  readonly global: {
    readonly scrape_interval: string;
    readonly evaluation_interval: string;
    readonly external_labels?: Readonly<Record<string, string>>;
  };
  readonly storage: {
    readonly tsdb: { readonly retention: { readonly time: string; readonly size: string } };
  };
  readonly rule_files: readonly string[];
  readonly alerting: { readonly alertmanagers: readonly AlertmanagerConfig[] };
  readonly scrape_configs: readonly ScrapeConfig[];
  readonly remote_write?: readonly RemoteWriteConfig[];
}
