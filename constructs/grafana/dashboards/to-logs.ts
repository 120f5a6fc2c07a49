import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Component } from '../../topology';

/** Variables of the dashboard Logs that choose whose lines are shown; each bears the name of a label of lines. */
export const LOG_CHOICES = {
  namespace: 'namespace',
  app: 'app',
  pod: 'pod',
  node: 'node',
} as const;

/** How Grafana is told where a value is: in a label of the series that one has clicked, or in a column of the row. */
type Place = (name: string) => string;

export const ofSeries: Place = (label) => `\${__field.labels.${label}}`;
export const ofRow: Place = (column) => `\${__data.fields.${column}}`;

/** A link from a panel to log lines of the same time. */
function toLogs(title: string, choices: Partial<Record<keyof typeof LOG_CHOICES, string>>) {
  const chosen = Object.entries(choices).map(([variable, value]) => `var-${variable}=${value}`);
  return new DashboardLinkBuilder(title)
    .type(DashboardLinkType.Link)
    .url(`/d/vigil-logs?${[...chosen, '${__url_time_range}'].join('&')}`);
}

/** By the labels or columns `namespace` and `pod`. */
export const toLinesOfPod = (place: Place = ofSeries): DashboardLinkBuilder =>
  toLogs('Lines of this pod', { namespace: place('namespace'), pod: place('pod') });

/** By `namespace`. */
export const toLinesOfNamespace = (place: Place = ofSeries): DashboardLinkBuilder =>
  toLogs('Lines of this namespace', { namespace: place('namespace') });

/** The journal of a node, and what the containers on it say; by `node`. */
export const toLinesOfNode = (place: Place = ofSeries): DashboardLinkBuilder =>
  toLogs('Lines of this node', { node: place('node') });

/** By `app`. */
export const toLinesOfApp = (place: Place = ofSeries): DashboardLinkBuilder =>
  toLogs('Lines of this app', { app: place('app') });

/** By `component`; an app is named as its component. */
export const toLinesOfComponent = (place: Place = ofSeries): DashboardLinkBuilder =>
  toLogs('Lines of this component', { app: place('component') });

/** From a panel that is about one component of ours, and whose series need not say so. */
export const toLinesOf = ({
  name,
  namespace,
}: Pick<Component, 'name' | 'namespace'>): DashboardLinkBuilder =>
  toLogs(`Lines of ${name}`, { namespace, app: name });
