import type { Settings } from '../settings';
import { components, outside, type ComponentKey, type OutsideKey } from './components';
import type { Component, ComponentRow, FlowRow, Model, OutsideRow, ScrapeRow } from './model';

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

/** What people may open with the technician's certificate or a login, each on its port `web`. */
export const TECHNICIAN_DOORS = [
  'grafana',
  'prometheus',
  'alertmanager',
  'alertRouter',
] as const satisfies readonly ComponentKey[];

const technicianFlows = (): FlowRow[] =>
  TECHNICIAN_DOORS.map((key) => flow('technician', key, 'web', 'looking for oneself'));

const rows = Object.entries(components) as [ComponentKey, ComponentRow][];

/** Whether a component has a page for visitors, on its port `web`. */
export const isPage = ({ open }: Pick<Component, 'open'>): boolean => open !== undefined;

/** The components that have one. */
export const PAGES: readonly ComponentKey[] = rows.flatMap(([key, row]) =>
  isPage(row) ? key : [],
);

/** Each TLS endpoint of ours is probed for the certificate that it really serves. */
const expiryProbes = (): FlowRow[] =>
  rows.flatMap(([key, { ports, open }]) =>
    Object.keys(ports)
      .filter((port) => open?.[port] !== 'redirect')
      .map((port) => flow('blackboxExporter', key, port, 'expiry of the certificate served')),
  );

/** Pages for everyone, or for the technician alone where the settings ask visitors for a certificate. */
const visits = ({ web }: Settings): FlowRow[] =>
  rows.flatMap(([key, { open = {} }]) =>
    Object.entries(open).map(([port, how]) =>
      how === 'TLS'
        ? flow(web.clientCertificates ? 'technician' : 'anyone', key, port, 'pages')
        : flow('anyone', key, port, 'redirect to HTTPS'),
    ),
  );

/** Of the cluster's own parts, those that can be reached over verified TLS. */
const clusterScrapes = ({ cluster }: Settings): FlowRow[] => [
  ...(cluster.kubelets ? [scrape('kubelet', 'https', 'pods and volumes of each node')] : []),
  cluster.apiServer
    ? scrape('apiServer', 'https', 'requests to the API')
    : flow('prometheus', 'apiServer', 'https', 'discovery of targets'),
  ...(cluster.controlPlane
    ? [
        scrape('scheduler', 'https', 'scheduling'),
        scrape('controllerManager', 'https', 'controllers and their queues'),
      ]
    : []),
  ...(cluster.coreDns
    ? [scrape('coreDns', 'metrics', 'name resolution', { via: 'apiServer' })]
    : []),
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
  scrape('loki', 'web', 'log lines taken in, rules and queries'),
  scrape('alloy', 'metrics', 'log lines read and sent'),
  scrape('apache', 'metrics', 'workers and requests'),
  scrape('nginx', 'metrics', 'connections and requests'),
  scrape('sampleApp', 'metrics', 'requests, errors and durations'),
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
  flow('grafana', 'loki', 'web', 'queries of dashboards'),
  flow('grafana', 'coreDns', 'dns', 'names of its data sources'),
  flow('alloy', 'loki', 'web', 'logs'),
  flow('alloy', 'apiServer', 'https', 'pods of its node'),
  flow('alloy', 'coreDns', 'dns', 'name of Loki'),
  flow('loki', 'alertmanager', 'web', 'alerts from logs'),
  flow('loki', 'coreDns', 'dns', 'name of Alertmanager'),
  flow('technician', 'loki', 'web', 'drills, and looking for oneself'),
  ...visits(settings),
  flow('blackboxExporter', 'coreDns', 'dns', 'names of the pages'),
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

/** Where visitors need a certificate, no port with TLS is open. */
const componentsOf = ({ web }: Settings): Record<ComponentKey, ComponentRow> =>
  web.clientCertificates
    ? (Object.fromEntries(
        rows.map(([key, { open, ...row }]) => [
          key,
          open ? { ...row, open: withoutTls(open) } : row,
        ]),
      ) as Record<ComponentKey, ComponentRow>)
    : components;

const withoutTls = (open: NonNullable<ComponentRow['open']>): ComponentRow['open'] =>
  Object.fromEntries(Object.entries(open).filter(([, how]) => how !== 'TLS'));

/** The whole model of a stack with these settings. */
export function model(settings: Settings): Model {
  const table = flows(settings);
  const named = new Set(table.flatMap(({ from, to }) => [from, to]));
  const ends = Object.entries({ ...outside(settings), ...remoteReceivers(settings) });
  return {
    components: componentsOf(settings),
    // Whom no flow names is not met.
    outside: Object.fromEntries(ends.filter(([key]) => named.has(key))),
    flows: table,
  };
}
