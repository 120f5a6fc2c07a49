import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Settings } from '../../settings';
import type { Topology } from '../../topology';
import { overview } from './overview';

/** Every dashboard as text, by file name. */
export const dashboards = (settings: Settings, topology: Topology): Record<string, string> => ({
  'overview.json': toJson(overview(settings, topology).build()),
});

/** The panels are numbered, so that a link to one of them stays what it is from one start to the next. */
function toJson(dashboard: Dashboard): string {
  const panels = dashboard.panels?.map((panel, index) => ({ ...panel, id: index + 1 }));
  return `${JSON.stringify({ ...dashboard, panels }, undefined, 2)}\n`;
}
