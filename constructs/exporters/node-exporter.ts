import type { Construct } from 'constructs';
import {
  ComponentChart,
  WEB_CONFIG,
  WebConfig,
  Workload,
  hostPath,
  tcpProbe,
  type Context,
} from '../kubernetes';

const ROOT = '/host/root';

/** Metrics of the host. It shares the node's network, because interface counters belong to a network namespace. */
export class NodeExporter extends ComponentChart {
  public constructor(scope: Construct, context: Context) {
    super(scope, context, 'nodeExporter');
    const { component } = this;
    const web = new WebConfig(this, component, context.topology);
    const port = component.ports.metrics ?? 0;
    new Workload(this, {
      user: 65_534,
      hostPid: true,
      files: [web],
      volumes: [hostPath('root', '/')],
      containers: [
        {
          name: 'nodeExporter',
          args: [
            // One address of the node, not all of them.
            `--web.listen-address=$(HOST_IP):${port}`,
            `--web.config.file=${WEB_CONFIG}`,
            `--path.rootfs=${ROOT}`,
            `--path.procfs=${ROOT}/proc`,
            `--path.sysfs=${ROOT}/sys`,
            // Pods' own mounts and interfaces come and go; they would make series without end.
            '--collector.filesystem.mount-points-exclude=^/(dev|proc|run|sys|var/lib/(kubelet|containerd|docker)/.+)($|/)',
            '--collector.filesystem.fs-types-exclude=^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tmpfs|tracefs)$',
            '--collector.netdev.device-exclude=^(lo|veth.*|cali.*|cilium.*|lxc.*|docker.*|br-.*)$',
            '--collector.netclass.ignored-devices=^(lo|veth.*|cali.*|cilium.*|lxc.*|docker.*|br-.*)$',
            '--no-collector.wifi',
            '--no-collector.arp',
            '--no-collector.softnet',
            '--no-collector.schedstat',
          ],
          env: [{ name: 'HOST_IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } }],
          ports: component.ports,
          readiness: tcpProbe(port, { periodSeconds: 15 }),
          liveness: tcpProbe(port, { periodSeconds: 30 }),
          mounts: [
            web.mount,
            { name: 'root', mountPath: ROOT, readOnly: true, mountPropagation: 'HostToContainer' },
          ],
        },
      ],
    });
  }
}
