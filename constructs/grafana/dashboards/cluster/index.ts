import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Settings } from '../../../settings';
import { dashboard } from '../frame';
import { apiServer } from './api-server';
import { controllers } from './controllers';
import { coreDns } from './core-dns';
import { etcd } from './etcd';
import { kubelet } from './kubelet';
import { namespaceVariable } from './selectors';
import { volumes } from './volumes';
import { workloads } from './workloads';

/** What runs the cluster, and what runs in it. Of a part that the settings do not scrape there is no row. */
export const cluster = ({ cluster: parts, thresholds }: Settings): DashboardBuilder =>
  dashboard({
    name: 'cluster',
    title: 'Cluster',
    description:
      'The control plane, kubelets and name resolution, and the workloads in their care.',
    alerts: { category: 'platform|container' },
    variables: [namespaceVariable()],
    rows: [
      { title: 'Workloads', panels: workloads() },
      ...(parts.apiServer
        ? [
            { title: 'API server', panels: apiServer() },
            { title: 'etcd', panels: etcd() },
          ]
        : []),
      ...(parts.controlPlane
        ? [{ title: 'Scheduler and controller-manager', panels: controllers() }]
        : []),
      ...(parts.kubelets
        ? [
            { title: 'kubelet', panels: kubelet() },
            { title: 'Volumes', panels: volumes(thresholds) },
          ]
        : []),
      ...(parts.coreDns ? [{ title: 'CoreDNS', panels: coreDns() }] : []),
    ],
  });
