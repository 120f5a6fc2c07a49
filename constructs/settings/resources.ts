/** What a container asks for and may use at most; CPU is requested but never limited, for a limit only throttles. */
export interface Resources {
  /** CPU request, such as `20m`. */
  readonly cpu: string;
  /** Memory request, such as `64Mi`. */
  readonly memory: string;
  /** Memory limit. */
  readonly memoryLimit: string;
}

/** Defaults by container: requests near the idle working set, limits far enough above it for a bad day. */
export const defaultResources = {
  certificateController: { cpu: '10m', memory: '64Mi', memoryLimit: '160Mi' },
  prometheus: { cpu: '100m', memory: '220Mi', memoryLimit: '1Gi' },
  alertmanager: { cpu: '10m', memory: '24Mi', memoryLimit: '128Mi' },
  alertRouter: { cpu: '10m', memory: '80Mi', memoryLimit: '512Mi' },
  grafana: { cpu: '20m', memory: '100Mi', memoryLimit: '384Mi' },
  loki: { cpu: '50m', memory: '130Mi', memoryLimit: '768Mi' },
  alloy: { cpu: '20m', memory: '64Mi', memoryLimit: '320Mi' },
  nodeExporter: { cpu: '10m', memory: '16Mi', memoryLimit: '96Mi' },
  cadvisor: { cpu: '30m', memory: '48Mi', memoryLimit: '256Mi' },
  kubeStateMetrics: { cpu: '10m', memory: '24Mi', memoryLimit: '128Mi' },
  blackboxExporter: { cpu: '10m', memory: '16Mi', memoryLimit: '64Mi' },
  apache: { cpu: '10m', memory: '12Mi', memoryLimit: '128Mi' },
  apacheExporter: { cpu: '5m', memory: '12Mi', memoryLimit: '48Mi' },
  nginx: { cpu: '10m', memory: '8Mi', memoryLimit: '64Mi' },
  nginxExporter: { cpu: '5m', memory: '12Mi', memoryLimit: '48Mi' },
  sampleApp: { cpu: '10m', memory: '40Mi', memoryLimit: '192Mi' },
  containerdProxy: { cpu: '5m', memory: '8Mi', memoryLimit: '48Mi' },
  tlsProxy: { cpu: '5m', memory: '8Mi', memoryLimit: '48Mi' },
} as const satisfies Record<string, Resources>;

export type ContainerName = keyof typeof defaultResources;
