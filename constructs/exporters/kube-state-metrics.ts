import type { Construct } from 'constructs';
import type { PolicyRule } from '../../imports/k8s';
import {
  ComponentChart,
  WEB_CONFIG,
  WebConfig,
  Workload,
  grantInCluster,
  tcpProbe,
  type Context,
} from '../kubernetes';

/** The objects that rules and dashboards read, by API group; no Secrets and no ConfigMaps. */
const RESOURCES: Readonly<Record<string, readonly string[]>> = {
  '': ['namespaces', 'nodes', 'persistentvolumeclaims', 'pods', 'resourcequotas'],
  apps: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'],
  batch: ['cronjobs', 'jobs'],
};

/** Families that repeat what others say, or that no rule reads. */
const DENIED = [
  'kube_pod_(tolerations|status_qos_class|status_scheduled|status_scheduled_time|ips|service_account|scheduler|restart_policy)',
  'kube_pod_(overhead_.+|spec_volumes_.+|runtimeclass_name_info|annotations|labels|container_state_started|completion_time)',
  'kube_pod_init_container_.+',
  'kube_replicaset_(annotations|labels|created|metadata_generation|status_observed_generation|status_fully_labeled_replicas)',
  'kube_.+_(metadata_generation|status_observed_generation|metadata_resource_version|annotations)',
].map((family) => `^${family}$`);

/** Metrics of the state of the cluster's objects. */
export class KubeStateMetrics extends ComponentChart {
  public constructor(scope: Construct, context: Context) {
    super(scope, context, 'kubeStateMetrics');
    const { component } = this;
    const { metrics = 0, telemetry = 0 } = component.ports as Record<string, number>;
    const web = new WebConfig(this, component, context.topology);
    new Workload(this, {
      user: 65_534,
      apiToken: true,
      files: [web],
      containers: [
        {
          name: 'kubeStateMetrics',
          args: [
            `--port=${metrics}`,
            `--telemetry-port=${telemetry}`,
            `--tls-config=${WEB_CONFIG}`,
            `--resources=${Object.values(RESOURCES).flat().sort().join(',')}`,
            `--metric-denylist=${DENIED.join(',')}`,
          ],
          ports: component.ports,
          readiness: tcpProbe(metrics, { periodSeconds: 10 }),
          liveness: tcpProbe(telemetry, { periodSeconds: 30 }),
          mounts: [web.mount],
        },
      ],
    });
    const rules: PolicyRule[] = Object.entries(RESOURCES).map(([group, resources]) => ({
      apiGroups: [group],
      resources: [...resources],
      verbs: ['list', 'watch'],
    }));
    grantInCluster(this, component, rules);
  }
}
