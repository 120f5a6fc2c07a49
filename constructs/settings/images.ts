const NGINX = 'docker.io/nginxinc/nginx-unprivileged:1.30-alpine';

/**
 * Versions and images of what we did not write, declared once. Tags are pinned; `settings.images` replaces any of
 * them, with a digest where the registry has one (`prom@sha256:…`) or with the name of a mirror.
 */
export const upstreamImages = {
  prometheus: 'quay.io/prometheus/prometheus:v3.14.0',
  alertmanager: 'quay.io/prometheus/alertmanager:v0.34.0',
  grafana: 'docker.io/grafana/grafana:13.2.3',
  loki: 'docker.io/grafana/loki:3.7.6',
  alloy: 'docker.io/grafana/alloy:v1.21.2',
  nodeExporter: 'quay.io/prometheus/node-exporter:v1.12.1',
  cadvisor: 'ghcr.io/google/cadvisor:0.60.5',
  kubeStateMetrics: 'registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.20.0',
  blackboxExporter: 'quay.io/prometheus/blackbox-exporter:v0.29.1',
  apache: 'docker.io/library/httpd:2.4.71-alpine',
  apacheExporter: 'docker.io/lusotycoon/apache-exporter:v1.1.1',
  nginx: NGINX,
  nginxExporter: 'docker.io/nginx/nginx-prometheus-exporter:1.5.3',
  /** Terminates TLS and checks identities in front of what cannot do so itself. */
  tlsProxy: NGINX,
  /** Lets cAdvisor ask containerd for names, and for nothing else. */
  containerdProxy: NGINX,
} as const;

/** The services of our own, each a folder under `services/`. */
export const ownServices = {
  certificateController: 'certificate-controller',
  alertRouter: 'alert-router',
  sampleApp: 'sample-app',
} as const;

export type UpstreamImage = keyof typeof upstreamImages;
export type OwnService = keyof typeof ownServices;
export type ImageName = UpstreamImage | OwnService;

export const imageNames = [
  ...Object.keys(upstreamImages),
  ...Object.keys(ownServices),
] as readonly ImageName[];
