import { IntOrString, type Probe } from '../../imports/k8s';
import { tcpProbe } from '../kubernetes';
import type { Component, Identity, Topology } from '../topology';

/** On loopback within the pod, where the exporter reads how the server is. */
const STATUS_PORT = 8081;

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
