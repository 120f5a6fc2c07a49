import {
  isPerson,
  namespaces,
  type Endpoint,
  type Flow,
  type Topology,
} from '../constructs/topology';
import { rows } from './markdown';

/** The page of who exists and who talks to whom, in Markdown. */
export function matrixPage(topology: Topology): string {
  return `<!-- Written by \`npm run docs\` from constructs/topology/. -->

# Who talks to whom

From these tables come the NetworkPolicies, the identities that each server lets in, the certificate plan and Prometheus'
scrape jobs. What is not here is refused, twice: by the network and by the TLS handshake.

\`\`\`mermaid
${diagram(topology)}
\`\`\`

Solid: a connection that is opened for its answers. Dotted: a scrape. ${notDrawn(topology)}

## Components

| component | namespace | workload | listens on | reads again by itself |
|---|---|---|---|---|
${rows(topology.components, (component) => [
  component.name,
  `\`${component.namespace}\` (${namespaces[component.namespace]})`,
  component.workload + (component.hostNetwork ? ', on the node’s network' : ''),
  portsOf(component),
  component.rereads === 'all' ? 'certificate and CA' : 'certificate',
])}

## Identities

Every component shows one certificate, as server and as client. Servers compare the URI SAN, except nginx, which compares the
common name. ${GRAFANA_NOTE}

| who | URI SAN | common name |
|---|---|---|
${rows(topology.plan.leaves, ({ component, uris, commonName }) => [
  component,
  `\`${uris.join(' ')}\``,
  `\`${commonName}\``,
])}

## Outside

| who | where | listens on |
|---|---|---|
${rows(topology.outside, (end) => [end.name, placeOf(end), portsOf(end)])}

## Flows

| from | to | port | why |
|---|---|---|---|
${rows(topology.flows, (flow) => [
  flow.from.name,
  flow.to.name + (flow.via ? ` (through ${flow.via.name})` : ''),
  `${flow.port.number} ${flow.port.name}`,
  (flow.scrape ? 'scrape: ' : '') + flow.why,
])}
`;
}

const GRAFANA_NOTE =
  'Grafana asks people for a login in place of a certificate; its metrics need one like all others.';

const portsOf = (end: Endpoint): string =>
  Object.entries(end.ports)
    .map(([name, port]) => `${port} ${name}`)
    .join(', ') || 'nothing';

function placeOf(end: Endpoint): string {
  if (end.kind === 'component') return end.namespace;
  const { place } = end;
  switch (place.kind) {
    case 'person':
      return 'a person, through a port-forward';
    case 'anyone':
      return 'anywhere';
    case 'nodes':
      return 'every node it runs on';
    case 'pods':
      return `pods in ${place.namespace}`;
    case 'networks':
      return place.cidrs.join(', ');
    case 'internet':
      return 'any public address';
  }
}

/** A flow to every component would bury the rest of the picture; it is said in words. */
function fanOuts({ flows, components }: Topology): Map<string, Flow[]> {
  const bySource = grouped(flows, (flow) => `${flow.from.name}: ${flow.why}`);
  return new Map(
    [...bySource].filter(
      ([, group]) => new Set(group.map(({ to }) => to)).size === components.length,
    ),
  );
}

const notDrawn = (topology: Topology): string =>
  [...fanOuts(topology).keys()]
    .map((what) => `Not drawn, because it reaches every component: ${what}.`)
    .join(' ');

function diagram(topology: Topology): string {
  const hidden = new Set([...fanOuts(topology).values()].flat());
  const drawn = topology.flows.filter((flow) => !hidden.has(flow) && flow.from !== flow.to);
  const groups = Object.keys(namespaces).map((namespace) =>
    subgraph(
      namespace,
      topology.components.filter((component) => component.namespace === namespace),
    ),
  );
  const people = topology.outside.filter(isPerson).map((end) => `  ${end.key}([${end.name}])`);
  const cluster = subgraph(
    'cluster',
    topology.outside.filter((end) => !isPerson(end)),
  );
  const edges = grouped(drawn, ({ from, to }) => `${from.key}>${to.key}`);
  return ['flowchart LR', ...people, ...groups, cluster, ...[...edges.values()].map(edge)].join(
    '\n',
  );
}

const subgraph = (name: string, ends: readonly Endpoint[]): string =>
  [`  subgraph ${name}`, ...ends.map((end) => `    ${end.key}[${end.name}]`), '  end'].join('\n');

function edge(flows: readonly Flow[]): string {
  const [first] = flows;
  if (!first) return '';
  const arrow = flows.every(({ scrape }) => scrape) ? '-.->' : '-->';
  const ports = [...new Set(flows.map(({ port }) => port.number))].join(', ');
  return `  ${first.from.key} ${arrow}|${ports}| ${first.to.key}`;
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
