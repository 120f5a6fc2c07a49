/**
 * What deviates from the invariants, and why. An entry that no longer deviates fails its test too, so that this list
 * never says more than what is so.
 */
export const exceptions = {
  'read-only root file system': {},
  'Pod Security restricted': {
    'agents/node-exporter: hostNetwork':
      'interface counters belong to a network namespace: the host’s are seen only from within it',
    'agents/node-exporter: hostPID': 'process and mount metrics are those of the host',
    'agents/node-exporter: hostPath volume root': 'file systems and /proc of the host, read-only',
    'agents/node-exporter: volume root is a hostPath': 'the same volume, by the stricter control',
    'agents/cadvisor: hostPath volume sys': 'the cgroups of every container, read-only',
    'agents/cadvisor: volume sys is a hostPath': 'the same volume, by the stricter control',
    'agents/cadvisor: hostPath volume containerd':
      'names of containers and pods, from its socket, through a proxy that lets three methods pass',
    'agents/cadvisor: volume containerd is a hostPath': 'the same volume, by the stricter control',
    'agents/cadvisor: hostPID':
      'the counters of a pod’s network are read through one of its processes',
    'agents/alloy: hostPath volume logs': 'the logs of pods and the journal, read-only',
    'agents/alloy: volume logs is a hostPath': 'the same volume, by the stricter control',
    'agents/alloy: hostPath volume run-logs': 'the journal of a node that keeps none, read-only',
    'agents/alloy: volume run-logs is a hostPath': 'the same volume, by the stricter control',
    'agents/alloy: hostPath volume data': 'how far each file is read must outlive the pod',
    'agents/alloy: volume data is a hostPath': 'the same volume, by the stricter control',
    'agents/alloy: alloy: runAsUser 0': 'logs of pods are root’s; the proxy beside it is not root',
    'agents/alloy: alloy: runAsNonRoot not true': 'as above',
    'agents/alloy: alloy: capability DAC_READ_SEARCH':
      'reads files that are closed to others; no right to change anything comes with it',
    'agents/alloy: alloy: capability DAC_READ_SEARCH added':
      'the same capability, by the stricter control',
  },
  'writable host path': {
    'agents/alloy/alloy: data': 'a folder of its own, with how far each file is read',
  },
  probes: {
    'vigil-system/certificate-controller/certificate-controller: liveness':
      'it listens only once it holds a certificate: a probe would restart it while the API server is away',
    'agents/alloy/alloy: readiness':
      'the proxy asks Alloy’s /-/ready on its behalf: the image has no program for that',
    'agents/alloy/alloy: liveness':
      'it ends by itself when its configuration fails; that it hangs is an alert: LogsSilent, TargetDown',
    'agents/cadvisor/containerd-proxy: readiness':
      'cAdvisor is held back until it listens; a probe that costs little comes too rarely, and holds back the whole roll-out',
    'agents/cadvisor/cadvisor: readiness':
      'the proxy in front of it has one; a pod of a DaemonSet without a Service is found, ready or not',
    'monitoring/grafana/grafana: readiness': 'the proxy asks Grafana’s /api/health on its behalf',
    'monitoring/grafana/grafana: liveness':
      'the proxy asks Grafana’s /api/health on its behalf; Grafana ends by itself when it fails',
  },
  'port number outside the topology': {
    'constructs/exporters/cadvisor.ts: 8080': 'the same number; the web servers redirect on theirs',
    'constructs/alloy/alloy.ts: LOOPBACK_PORT = 12_346':
      'loopback within the pod: nothing of the topology can reach it',
    'constructs/loki/loki.ts: LOOPBACK_PORT = 3101':
      'loopback within the pod: nothing of the topology can reach it',
    'constructs/loki/loki.ts: LOOPBACK_GRPC_PORT = 9095':
      'loopback within the pod: nothing of the topology can reach it',
    'constructs/exporters/cadvisor.ts: LOOPBACK_PORT = 8080':
      'loopback within the pod: nothing of the topology can reach it',
    'constructs/grafana/grafana.ts: LOOPBACK_PORT = 3001':
      'loopback within the pod: nothing of the topology can reach it',
    'constructs/kubernetes/workload.ts: 443': 'where browsers look for a page: a Service’s port',
    'constructs/web/page-server.ts: STATUS_PORT = 8081':
      'loopback within the pod: nothing of the topology can reach it',
    'constructs/prometheus/rules/control-plane.ts: 3000': 'a number of requests',
    'constructs/prometheus/scrape-jobs.ts: 443':
      'the Service of every API server, by Kubernetes itself; that Discord has the same is chance',
    'constructs/prometheus/scrape-jobs.ts: :443':
      'the Service of every API server, by Kubernetes itself',
  },
  'image outside the settings': {},
  'dangerous permission': {
    'Role kube-system/prometheus: pods/proxy':
      'CoreDNS serves plain HTTP; its metrics come through the API server (docs/adr/0004)',
  },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type Invariant = keyof typeof exceptions;

/** Expects that an invariant is violated exactly where the exceptions say so. */
export function expectOnlyExceptions(invariant: Invariant, violations: readonly string[]): void {
  expect([...new Set(violations)].sort()).toEqual(Object.keys(exceptions[invariant]).sort());
}
