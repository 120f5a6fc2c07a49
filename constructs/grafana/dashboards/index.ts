import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Settings } from '../../settings';
import type { Topology } from '../../topology';
import { cluster } from './cluster';
import { containers } from './containers';
import { delivery } from './delivery';
import { logs } from './logs';
import { nodes } from './nodes';
import { overview } from './overview';
import { security } from './security';
import { web } from './web';

/** Every dashboard as text, by file name. */
export function dashboards(settings: Settings, topology: Topology): Record<string, string> {
  const { runbooks } = settings.alertRouter.links;
  const all = {
    'overview.json': overview(settings, topology),
    'nodes.json': nodes(settings),
    'containers.json': containers(settings),
    'cluster.json': cluster(settings),
    'web.json': web(settings, topology),
    'logs.json': logs(),
    'security.json': security(settings),
    'delivery.json': delivery(settings, topology),
  };
  return Object.fromEntries(
    Object.entries(all).map(([file, builder]) => [file, toJson(builder.build(), runbooks)]),
  );
}

/** The panels are numbered, so that a link to one of them stays what it is from one start to the next. */
function toJson(dashboard: Dashboard, runbooks?: string): string {
  const panels = dashboard.panels?.map((panel, index) => ({
    ...panel,
    ...('description' in panel && { description: linked(panel.description ?? '', runbooks) }),
    id: index + 1,
  }));
  return `${JSON.stringify({ ...dashboard, panels }, undefined, 2)}\n`;
}

/** Descriptions are Markdown: the runbooks that they name are links, where the settings say where those are. */
const linked = (description: string, runbooks?: string): string =>
  runbooks === undefined
    ? description
    : description.replaceAll(
        /docs\/runbooks\/\w+\.md/g,
        `[$&](${runbooks.replace(/\/+$/, '')}/$&)`,
      );
