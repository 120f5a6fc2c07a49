import type { Settings } from '../settings';
import type { ComponentRow, OutsideRow } from './model';

/** Who exists. Adding a component starts with a row here. */
export const components = {
  certificateController: {
    namespace: 'vigil-system',
    workload: 'Deployment',
    ports: { metrics: 9443 },
    rereads: 'all',
  },
  prometheus: {
    namespace: 'monitoring',
    workload: 'StatefulSet',
    ports: { web: 9090 },
    rereads: 'all',
  },
  alertmanager: {
    namespace: 'monitoring',
    workload: 'StatefulSet',
    ports: { web: 9093 },
    rereads: 'all',
  },
  alertRouter: {
    namespace: 'monitoring',
    workload: 'Deployment',
    ports: { web: 9094 },
    rereads: 'all',
  },
  grafana: {
    namespace: 'monitoring',
    workload: 'Deployment',
    ports: { web: 3000 },
    rereads: 'leaf',
    login: true,
  },
  loki: {
    namespace: 'monitoring',
    workload: 'StatefulSet',
    ports: { web: 3100 },
    rereads: 'leaf',
  },
  kubeStateMetrics: {
    namespace: 'monitoring',
    workload: 'Deployment',
    ports: { metrics: 8443, telemetry: 8444 },
    rereads: 'all',
  },
  blackboxExporter: {
    namespace: 'monitoring',
    workload: 'Deployment',
    ports: { metrics: 9115 },
    rereads: 'all',
  },
  nodeExporter: {
    namespace: 'agents',
    workload: 'DaemonSet',
    ports: { metrics: 9100 },
    rereads: 'all',
    hostNetwork: true,
  },
  cadvisor: {
    namespace: 'agents',
    workload: 'DaemonSet',
    ports: { metrics: 9101 },
    rereads: 'leaf',
  },
  alloy: {
    namespace: 'agents',
    workload: 'DaemonSet',
    ports: { metrics: 12345 },
    rereads: 'leaf',
  },
  apache: {
    namespace: 'web',
    workload: 'Deployment',
    ports: { web: 8443, redirect: 8080, metrics: 9117 },
    open: { web: 'TLS', redirect: 'redirect' },
    rereads: 'all',
    role: 'web-1',
  },
  nginx: {
    namespace: 'web',
    workload: 'Deployment',
    ports: { web: 8443, redirect: 8080, metrics: 9113 },
    open: { web: 'TLS', redirect: 'redirect' },
    rereads: 'all',
    role: 'web-2',
  },
  sampleApp: {
    namespace: 'web',
    workload: 'Deployment',
    ports: { web: 8443, redirect: 8080, metrics: 9464 },
    open: { web: 'TLS', redirect: 'redirect' },
    rereads: 'all',
    role: 'web-2',
  },
} as const satisfies Record<string, ComponentRow>;

const controlPlane = (component: string, port: number) =>
  ({
    place: { kind: 'nodes', namespace: 'kube-system', labels: { component } },
    ports: { https: port },
  }) as const;

/** Receivers of alerts, outside of the cluster. */
const receiver = ({ port, networks }: { port: number; networks?: readonly string[] }) =>
  ({
    place: networks ? { kind: 'networks', cidrs: networks } : { kind: 'internet' },
    ports: { receiver: port },
  }) as const satisfies OutsideRow;

/** Who is there already, or comes from outside. */
export const outside = (settings: Settings) =>
  ({
    technician: { place: { kind: 'person' }, ports: {} },
    anyone: { place: { kind: 'anyone' }, ports: {} },
    apiServer: controlPlane('kube-apiserver', settings.cluster.apiServerPort),
    scheduler: controlPlane('kube-scheduler', 10_259),
    controllerManager: controlPlane('kube-controller-manager', 10_257),
    kubelet: { place: { kind: 'nodes' }, ports: { https: 10_250 } },
    coreDns: {
      place: { kind: 'pods', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
      ports: { dns: 53, metrics: 9153 },
      protocols: ['UDP', 'TCP'],
    },
    discord: receiver(settings.alertRouter.discord),
    mailServer: receiver(settings.alertRouter.mail),
    webhookReceiver: receiver(settings.alertRouter.webhook),
  }) as const satisfies Record<string, OutsideRow>;

export type ComponentKey = keyof typeof components;
export type OutsideKey = keyof ReturnType<typeof outside>;
