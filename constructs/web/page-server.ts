import { IntOrString, type Probe } from '../../imports/k8s';
import type { Game } from '../../pages/build';
import {
  ConfigFiles,
  WEB_CONFIG,
  WebConfig,
  Workload,
  scratch,
  tcpProbe,
  type ComponentChart,
  type ContainerProps,
} from '../kubernetes';
import type { Component, Identity, Topology } from '../topology';
import { siteFiles } from './site';

/** On loopback within the pod, where the exporter reads how the server is. */
const STATUS_PORT = 8081;

/** Where a server finds its configuration. */
export const CONFIG = '/etc/vigil/server';

/** What a web server's configuration follows from. */
export interface PageServer {
  /** Ports of the page, and of what redirects there. */
  readonly ports: { readonly web: number; readonly redirect: number };
  readonly statusPort: number;
  /** Names that are redirected to: those of the certificate. The first is the server's own. */
  readonly names: readonly string[];
  /** Who may visit. */
  readonly clients: readonly Identity[] | 'anyone';
}

/** The web server that a component's row and flows describe. */
export function pageServerOf(component: Component, topology: Topology): PageServer {
  const { web = 0, redirect = 0 } = component.ports;
  return {
    ports: { web, redirect },
    statusPort: STATUS_PORT,
    names: topology.dnsNamesOf(component),
    clients: component.open?.web ? 'anyone' : topology.clientsOf(component, 'web'),
  };
}

/** Asks for a path; where visitors need a certificate, which kubelet has not, it only opens the port. */
export function pageProbe(
  { ports, clients }: PageServer,
  path: string,
  timing: Partial<Probe>,
): Probe {
  if (clients !== 'anyone') return tcpProbe(ports.web, timing);
  const port = IntOrString.fromNumber(ports.web);
  return { httpGet: { path, port, scheme: 'HTTPS' }, timeoutSeconds: 5, ...timing };
}

export interface PageServerProps {
  readonly server: PageServer;
  /** User id of the server's image. */
  readonly user: number;
  readonly game: Game;
  /** Files of the server's configuration by name, found in `CONFIG`. */
  readonly files: Readonly<Record<string, string>>;
  readonly container: Pick<ContainerProps, 'name' | 'command' | 'args'>;
  /** The exporter, and the argument that tells it where the server's status is. */
  readonly exporter: Pick<ContainerProps, 'name'> & { readonly scrape: string };
}

/** A web server with its page, and its exporter in the same pod. */
export function pageServerWorkload(chart: ComponentChart, props: PageServerProps): Workload {
  const { component, context } = chart;
  const { metrics = 0, ...ports } = component.ports;
  const { server } = props;
  const exporterWeb = new WebConfig(chart, component, context.topology, 'metrics');
  const page = siteFiles(chart, component.name, props.game);
  const config = new ConfigFiles(chart, {
    name: `${component.name}-config`,
    mountPath: CONFIG,
    files: props.files,
  });
  return new Workload(chart, {
    user: props.user,
    files: [config, page, exporterWeb],
    volumes: [scratch('tmp', '16Mi')],
    containers: [
      {
        ...props.container,
        ports,
        readiness: pageProbe(server, '/', { periodSeconds: 10 }),
        liveness: pageProbe(server, '/', { periodSeconds: 30 }),
        mounts: [config.mount, page.mount, { name: 'tmp', mountPath: '/tmp' }],
      },
      {
        name: props.exporter.name,
        args: [
          props.exporter.scrape,
          `--web.listen-address=:${metrics}`,
          `--web.config.file=${WEB_CONFIG}`,
        ],
        ports: { metrics },
        readiness: tcpProbe(metrics, { periodSeconds: 15 }),
        liveness: tcpProbe(metrics, { periodSeconds: 30 }),
        mounts: [exporterWeb.mount],
      },
    ],
  });
}
