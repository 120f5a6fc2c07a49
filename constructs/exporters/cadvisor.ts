import type { Construct } from 'constructs';
import {
  ComponentChart,
  TlsProxy,
  Workload,
  execProbe,
  hostPath,
  tcpProbe,
  type Context,
} from '../kubernetes';
import { ContainerdProxy } from './containerd-proxy';

/** cAdvisor has no TLS listener (0.60.5): it listens here on loopback, behind a proxy that checks identities. */
const LOOPBACK_PORT = 8080;

/** nginx' own user: the certificate is readable for the proxy, and cAdvisor has no part in it. */
const PROXY_USER = 101;

/** Nobody: what cAdvisor reads of cgroups and processes is readable for all. */
const USER = 65_534;

/** What is collected; the rest costs memory and series, and no dashboard or rule reads it. */
const METRICS = 'cpu,memory,disk,diskIO,network,oom_event';

const LABELS = ['container.name', 'pod.name', 'pod.namespace'].map(
  (name) => `io.kubernetes.${name}`,
);

/** Metrics of the containers, from the node's cgroups and containerd. */
export class Cadvisor extends ComponentChart {
  public constructor(scope: Construct, context: Context) {
    super(scope, context, 'cadvisor');
    const { component } = this;
    const port = component.ports.metrics ?? 0;
    const proxy = new TlsProxy(this, component, {
      listeners: [
        { port, upstream: LOOPBACK_PORT, clients: context.topology.clientsOf(component) },
      ],
    });
    const containerd = new ContainerdProxy(this, `${component.name}-containerd`);
    const sys = hostPath('sys', '/sys');
    new Workload(this, {
      user: PROXY_USER,
      // The counters of a pod's network are read through one of its processes.
      hostPid: true,
      files: [proxy.files, containerd.files],
      volumes: [sys, ...containerd.volumes, ...proxy.volumes],
      containers: [
        containerd.container,
        {
          name: 'cadvisor',
          user: USER,
          args: [
            `--containerd=${containerd.socket}`,
            '--listen_ip=127.0.0.1',
            `--port=${LOOPBACK_PORT}`,
            '--docker_only=true',
            '--store_container_labels=false',
            `--whitelisted_container_labels=${LABELS.join(',')}`,
            `--enable_metrics=${METRICS}`,
            '--housekeeping_interval=15s',
            '--max_housekeeping_interval=15s',
            '--allow_dynamic_housekeeping=false',
            '--storage_duration=30s',
          ],
          tls: false,
          liveness: execProbe(
            ['wget', '-q', '-O', '/dev/null', `http://127.0.0.1:${LOOPBACK_PORT}/healthz`],
            {
              periodSeconds: 60,
              timeoutSeconds: 5,
              initialDelaySeconds: 10,
            },
          ),
          mounts: [{ name: sys.name, mountPath: '/sys', readOnly: true }, containerd.mount],
        },
        {
          ...proxy.container,
          readiness: tcpProbe(port, { periodSeconds: 15 }),
          liveness: tcpProbe(port, { periodSeconds: 30 }),
        },
      ],
    });
  }
}
