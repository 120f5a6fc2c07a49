import { contextOf } from '../constructs/kubernetes';
import { parseSettings } from '../constructs/settings';
import { manifestsOf } from '../constructs/synth';
import { buildTopology } from '../constructs/topology';
import { matrixPage } from './matrix';
import { permissionsPage } from './permissions';
import { settingsPage } from './settings';

/** The generated pages of `docs/`, as text by file name; they show the stack with default settings. */
export function pages(): Record<string, string> {
  const settings = parseSettings({});
  const topology = buildTopology(settings);
  return {
    'settings.md': settingsPage(),
    'matrix.md': matrixPage(topology),
    'permissions.md': permissionsPage(manifestsOf(contextOf(settings, topology))),
  };
}
