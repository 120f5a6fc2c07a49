import { seconds, type Settings } from '../settings';
import { identityOf, type Component, type Flow, type Topology } from '../topology';
import type { DestinationConfig, RouterConfig } from './router-config';

/** The router's configuration: destinations and routes from the settings, who may ask it what from the flows. */
export function routerConfig(settings: Settings, topology: Topology): RouterConfig {
  const { alertRouter, alertmanager: grouping } = settings;
  const { runbooks, grafana } = alertRouter.links;
  const router = topology.component('alertRouter');
  const alertmanager = topology.component('alertmanager');
  return {
    version: 1,
    destinations: Object.fromEntries(
      Object.entries(alertRouter.destinations).map(([name, row]) => [
        name,
        destinationOf(row, alertRouter),
      ]),
    ),
    route: { destinations: alertRouter.defaultDestinations, routes: alertRouter.routes },
    clients: clientsOf(router, alertmanager, topology),
    alertmanagers: [`https://${alertmanager.dnsName}:${alertmanager.ports.web}`],
    notificationDelaySeconds: seconds(grouping.groupWait) + seconds(grouping.groupInterval),
    heartbeatTimeoutSeconds: seconds(alertRouter.heartbeatTimeout),
    reminderSeconds: seconds(alertRouter.reminder),
    links: {
      ...(runbooks !== undefined && { runbooks: withoutSlash(runbooks) }),
      ...(grafana !== undefined && { grafana: withoutSlash(grafana) }),
    },
  };
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

function destinationOf(
  { kind, to = [] }: Settings['alertRouter']['destinations'][string],
  { discord, mail }: Settings['alertRouter'],
): DestinationConfig {
  switch (kind) {
    case 'discord':
      return { kind, origins: discord.origins.map((url) => new URL(url).origin) };
    case 'mail':
      return { kind, to, ...(mail.from !== undefined && { from: mail.from }) };
    case 'webhook':
      return { kind };
  }
}

/** Scrapers get metrics, Alertmanager hands over, people look; whoever only probes the certificate gets nothing. */
function clientsOf(
  router: Component,
  alertmanager: Component,
  topology: Topology,
): RouterConfig['clients'] {
  const incoming = topology.flowsTo(router);
  const idsOf = (flows: readonly Flow[]): string[] =>
    flows.map(({ from }) => identityOf(from).spiffeId);
  return {
    webhook: idsOf(incoming.filter(({ from }) => from === alertmanager)),
    metrics: idsOf(incoming.filter(({ scrape }) => scrape)),
    people: idsOf(incoming.filter(({ from }) => from.kind === 'outside')),
  };
}
