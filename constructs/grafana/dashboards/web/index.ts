import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Settings } from '../../../settings';
import type { Topology } from '../../../topology';
import { dashboard } from '../frame';
import { toLinesOf } from '../to-logs';
import { pages } from './pages';
import { requests } from './requests';
import { sampleApp } from './sample-app';
import { appVariable } from './selectors';
import { apache, nginx, type ServerPanels } from './servers';

/** The web servers: seen from outside, from beside, and in their own logs. */
export const web = (settings: Settings, topology: Topology): DashboardBuilder => {
  const toItsLines = (panels: ServerPanels, server: 'apache' | 'nginx') =>
    panels.map((panel) => panel.dataLinks([toLinesOf(topology.component(server))]));
  return dashboard({
    name: 'web',
    title: 'Web',
    description: 'The web servers: seen from outside, from beside, and in their own logs.',
    alerts: { category: 'apache|nginx|traffic|log' },
    variables: [appVariable(topology)],
    rows: [
      { title: 'Pages, from outside', panels: pages(settings) },
      { title: 'Apache', panels: toItsLines(apache(settings), 'apache') },
      { title: 'nginx', panels: toItsLines(nginx(), 'nginx') },
      { title: 'Sample app', panels: sampleApp(settings, topology) },
      { title: 'Requests, from the access logs', panels: requests() },
    ],
  });
};
