import { parseSettings } from '../constructs/settings';
import { buildTopology } from '../constructs/topology';
import { matrixPage } from './matrix';
import { settingsPage } from './settings';

/** The generated pages of `docs/`, as text by file name; they show the stack with default settings. */
export const pages = (): Record<string, string> => ({
  'settings.md': settingsPage(),
  'matrix.md': matrixPage(buildTopology(parseSettings({}))),
});
