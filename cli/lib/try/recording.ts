import type { LabelSet } from './alertmanager';

/**
 * What a bad minute looks like: alerts of every family as Prometheus would send them, with the second of the recording
 * at which each fires and resolves. `#` in a label or text stands for a few characters that are new in each round, as
 * in the names of pods and machines.
 */
export interface RecordedAlert {
  readonly name: string;
  readonly severity: 'critical' | 'warning';
  readonly category: string;
  readonly service: string;
  readonly labels: LabelSet;
  readonly summary: string;
  readonly description: string;
  /** Seconds. */
  readonly fires: number;
  /** Seconds; absent when it still fires at the end. */
  readonly resolves?: number;
}

const pod = (namespace: string, name: string, container: string): LabelSet => ({
  namespace,
  pod: `${name}-#`,
  container,
});

/** Several replicas of one thing fail at once. */
const burst = (count: number, alert: (index: number) => RecordedAlert): RecordedAlert[] =>
  Array.from({ length: count }, (_, index) => alert(index));

/** About a minute, in order of beginning. */
export const recording: readonly RecordedAlert[] = [
  {
    name: 'ContainerStopped',
    severity: 'critical',
    category: 'container',
    service: 'checkout',
    labels: pod('shop', 'checkout-7d9f8b', 'checkout'),
    summary: 'Container checkout has stopped',
    description: 'It has not run for 1 minute, and its pod is still there.',
    fires: 0,
    resolves: 14,
  },
  {
    name: 'NginxDown',
    severity: 'critical',
    category: 'nginx',
    service: 'storefront',
    labels: pod('shop', 'storefront-nginx-5c6d', 'nginx'),
    summary: 'NGINX does not answer',
    description: 'nginx_up has been 0 for 1 minute.',
    fires: 2,
    resolves: 20,
  },
  {
    name: 'NodeMemoryLow',
    severity: 'warning',
    category: 'node',
    service: 'node',
    labels: { node: 'worker-#', instance: '10.0.4.17:9100' },
    summary: 'Little memory is left on a machine',
    description: 'Available: 18.4 % (below 35 %).',
    fires: 4,
    resolves: 34,
  },
  {
    name: 'NodeTrafficHigh',
    severity: 'warning',
    category: 'traffic',
    service: 'node',
    labels: { node: 'worker-#', device: 'eth0' },
    summary: 'A machine receives more than usual',
    description: '7.9 MB/s over 50 s (above 3 MB/s).',
    fires: 6,
    resolves: 26,
  },
  {
    name: 'ApacheBusyWorkers',
    severity: 'warning',
    category: 'apache',
    service: 'intranet',
    labels: pod('intranet', 'apache-6f7c', 'httpd'),
    summary: 'Apache has few idle workers left',
    description: '92 % of its workers are busy (above 80 %).',
    fires: 8,
    resolves: 30,
  },
  {
    name: 'CertificateExpiring',
    severity: 'warning',
    category: 'certificate',
    service: 'certificate-controller',
    labels: { namespace: 'monitoring', secret: 'grafana-tls-#' },
    summary: 'A certificate was not renewed in time',
    description:
      'Secret monitoring/grafana-tls-#: 21 % of its lifetime is left (it is renewed at 33 %).',
    fires: 10,
    resolves: 44,
  },
  ...burst(5, (index) => ({
    name: 'ContainerCrashLooping',
    severity: 'warning',
    category: 'container',
    service: 'payments',
    labels: pod('shop', `payments-worker-${index}`, 'worker'),
    summary: 'A container starts again and again',
    description: `${4 + index} restarts in 10 minutes.`,
    fires: 16,
    resolves: 40 + index,
  })),
  {
    name: 'CoreDnsErrors',
    severity: 'warning',
    category: 'platform',
    service: 'coredns',
    labels: { namespace: 'kube-system', pod: 'coredns-#' },
    summary: 'CoreDNS answers with errors',
    description: 'SERVFAIL: 6.2 % of the answers (above 1 %).',
    fires: 18,
    resolves: 36,
  },
  {
    name: 'NodeDiskAlmostFull',
    severity: 'critical',
    category: 'node',
    service: 'node',
    labels: { node: 'worker-#', device: '/dev/nvme0n1', mountpoint: '/var' },
    summary: 'A disk is almost full',
    description: '91.7 % of /var is used (above 90 %).',
    fires: 22,
    resolves: 48,
  },
  {
    name: 'ApacheDown',
    severity: 'critical',
    category: 'apache',
    service: 'intranet',
    labels: pod('intranet', 'apache-5b8d', 'httpd'),
    summary: 'Apache does not answer',
    description: 'apache_up has been 0 for 1 minute.',
    fires: 24,
    resolves: 46,
  },
  {
    name: 'ErrorsInLogs',
    severity: 'warning',
    category: 'log',
    service: 'checkout',
    labels: pod('shop', 'checkout-9a1e', 'checkout'),
    summary: '*Unusually* many `error` lines, says @everyone',
    description:
      '48 lines a minute: <script>alert(1)</script> [click](https://evil.example) "timeout"',
    fires: 26,
    resolves: 42,
  },
  ...burst(4, (index) => ({
    name: 'NginxConnectionsDropped',
    severity: 'warning',
    category: 'nginx',
    service: 'storefront',
    labels: pod('shop', `storefront-nginx-${index}`, 'nginx'),
    summary: 'NGINX drops connections',
    description: `${120 + 7 * index} in 5 minutes.`,
    fires: 28,
    resolves: 50,
  })),
  {
    name: 'NodeUnreachable',
    severity: 'critical',
    category: 'node',
    service: 'node',
    labels: { node: 'worker-#' },
    summary: 'A machine does not answer',
    description: 'Neither node-exporter nor its kubelet has been heard for 1 minute.',
    fires: 32,
    resolves: 52,
  },
  ...burst(3, (index) => ({
    name: 'ImagePullFailing',
    severity: 'warning',
    category: 'container',
    service: 'reports',
    labels: pod('reports', `reports-${index}`, 'reports'),
    summary: 'An image cannot be pulled',
    description: 'ImagePullBackOff for 2 minutes.',
    fires: 36,
    resolves: 54,
  })),
  {
    name: 'NodeTrafficHigh',
    severity: 'warning',
    category: 'traffic',
    service: 'node',
    labels: { node: 'worker-#', device: 'eth1' },
    summary: 'A machine sends more than usual',
    description: '4.1 MB/s over 50 s (above 3 MB/s).',
    fires: 38,
    resolves: 56,
  },
  {
    name: 'VolumeFilling',
    severity: 'warning',
    category: 'platform',
    service: 'prometheus',
    labels: { namespace: 'monitoring', persistentvolumeclaim: 'prometheus-#' },
    summary: 'A volume fills up',
    description: '83 % is used (above 75 %).',
    fires: 41,
  },
];

/** One thing that happens in the recording. */
export interface Step {
  /** Seconds from the beginning. */
  readonly at: number;
  readonly alert: RecordedAlert;
  readonly status: 'firing' | 'resolved';
}

/** Beginnings and ends in the order in which they happen. */
export const steps: readonly Step[] = recording
  .flatMap((alert): Step[] => [
    { at: alert.fires, alert, status: 'firing' },
    ...(alert.resolves === undefined
      ? []
      : [{ at: alert.resolves, alert, status: 'resolved' } as const]),
  ])
  .sort((a, b) => a.at - b.at);
