import type { Settings } from '../settings';
import { components, outside, type ComponentKey, type OutsideKey } from './components';
import type { FlowRow, Model, OutsideRow, ScrapeRow } from './model';

type Key = ComponentKey | OutsideKey;

const flow = (from: Key, to: Key, port: string, why: string): FlowRow => ({ from, to, port, why });

const scrape = (
  to: Key,
  port: string,
  why: string,
  how: ScrapeRow & { via?: Key } = {},
): FlowRow => {
  const { via, ...scrapeRow } = how;
  return { from: 'prometheus', to, port, why, scrape: scrapeRow, ...(via && { via }) };
};

/** What people may open, each on its port `web`. */
export const TECHNICIAN_DOORS = [
  'grafana',
  'prometheus',
  'alertmanager',
  'alertRouter',
] as const satisfies readonly ComponentKey[];

const technicianFlows = (): FlowRow[] =>
  TECHNICIAN_DOORS.map((key) => flow('technician', key, 'web', 'looking for oneself'));

/** Each TLS endpoint of ours is probed for the certificate that it really serves. */
const expiryProbes = (): FlowRow[] =>
  Object.entries(components).flatMap(([key, { ports }]) =>
    Object.keys(ports).map((port) =>
      flow('blackboxExporter', key as ComponentKey, port, 'expiry of the certificate served'),
    ),
  );

/** Of the cluster's own parts, those that can be reached over verified TLS. */
const clusterScrapes = ({ cluster }: Settings): FlowRow[] => [
  ...(cluster.kubelets ? [scrape('kubelet', 'https', 'pods and volumes of each node')] : []),
  scrape('apiServer', 'https', 'requests to the API'),
  ...(cluster.controlPlane
    ? [
        scrape('scheduler', 'https', 'scheduling'),
        scrape('controllerManager', 'https', 'controllers and their queues'),
      ]
    : []),
  scrape('coreDns', 'metrics', 'name resolution', { via: 'apiServer' }),
];

const RECEIVERS = {
  discord: 'discord',
  mail: 'mailServer',
  webhook: 'webhookReceiver',
} as const satisfies Record<string, OutsideKey>;

/** Out of the cluster, but only to the kinds of receivers that the settings name. */
const deliveries = ({ alertRouter }: Settings): FlowRow[] =>
  [...new Set(Object.values(alertRouter.destinations).map(({ kind }) => kind))].map((kind) =>
    flow('alertRouter', RECEIVERS[kind], 'receiver', 'alerts'),
  );

/** Who talks to whom, and why. What is not here is refused. */
export const flows = (settings: Settings): FlowRow[] => [
  scrape('prometheus', 'web', 'its own metrics, and its readiness probe'),
  scrape('alertmanager', 'web', 'alerts sent, and its metrics'),
  scrape('alertRouter', 'web', 'deliveries, and what waits for one'),
  scrape('grafana', 'web', 'requests and data-source errors'),
  scrape('certificateController', 'metrics', 'certificates and their renewal'),
  scrape('kubeStateMetrics', 'metrics', 'state of the objects', { about: 'others' }),
  scrape('kubeStateMetrics', 'telemetry', 'health of kube-state-metrics itself'),
  scrape('blackboxExporter', 'metrics', 'probes, and their results'),
  scrape('nodeExporter', 'metrics', 'hosts'),
  scrape('cadvisor', 'metrics', 'containers', { about: 'its node' }),
  ...clusterScrapes(settings),

  flow('prometheus', 'coreDns', 'dns', 'names of Services'),
  flow('alertmanager', 'alertmanager', 'web', 'its readiness probe'),
  flow('alertmanager', 'alertRouter', 'web', 'notifications and heartbeat'),
  flow('alertmanager', 'coreDns', 'dns', 'name of the alert-router'),
  flow('alertRouter', 'alertmanager', 'web', 'comparison with what it delivered'),
  flow('alertRouter', 'coreDns', 'dns', 'names of Alertmanager and of the receivers'),
  ...deliveries(settings),
  flow('grafana', 'prometheus', 'web', 'queries of dashboards'),
  flow('grafana', 'alertmanager', 'web', 'alerts on dashboards'),
  flow('grafana', 'coreDns', 'dns', 'names of its data sources'),
  flow('certificateController', 'apiServer', 'https', 'Secrets of the plan, kubelet requests'),
  flow('kubeStateMetrics', 'apiServer', 'https', 'state of the objects'),
  ...expiryProbes(),
  ...technicianFlows(),
  ...settings.prometheus.remoteWrite.map(({ name }): FlowRow => ({
    from: 'prometheus',
    to: remoteReceiver(name),
    port: 'https',
    why: 'a copy of all samples',
  })),
];

/** Key and name of a receiver in the model, where a component may bear the plain name. */
const remoteReceiver = (name: string): string => `remote-write-${name}`;

const remoteReceivers = (settings: Settings): Record<string, OutsideRow> =>
  Object.fromEntries(
    settings.prometheus.remoteWrite.map(({ name, url, cidrs }) => [
      remoteReceiver(name),
      { place: { kind: 'networks', cidrs }, ports: { https: Number(new URL(url).port || 443) } },
    ]),
  );

/** The whole model of a stack with these settings. */
export function model(settings: Settings): Model {
  const rows = flows(settings);
  const named = new Set(rows.flatMap(({ from, to }) => [from, to]));
  const ends = Object.entries({ ...outside(settings), ...remoteReceivers(settings) });
  return {
    components,
    // Whom no flow names is not met.
    outside: Object.fromEntries(ends.filter(([key]) => named.has(key))),
    flows: rows,
  };
}
