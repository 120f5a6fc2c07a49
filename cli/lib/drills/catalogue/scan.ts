import { streams } from '../../../../constructs/loki/streams';
import type { Drill } from '../drill';
import { knock, needPage } from '../page';

/** Where scanners look, and for what. */
const FOLDERS = ['admin', 'backup', 'dev', 'old', 'test'];
const FILES = ['config.bak', 'db.zip', 'dump.sql', 'index.old', 'info.php', 'login.asp'];

/** Someone who looks for what was left lying about. */
export const scan: Drill = {
  name: 'scan',
  summary: 'many paths that do not exist are asked for at nginx',
  alert: 'WebScan',
  window: ({ rangeSeconds }) => ({ resolved: rangeSeconds }),
  prepare: async (scene) => {
    const { namespace, name: app } = await needPage(scene, 'nginx');
    const wanted = FOLDERS.flatMap((folder) => FILES.map((file) => `${folder}/${file}`));
    const count = Math.max(wanted.length, scene.settings.thresholds.logs.missingPaths + 5);
    // The first part of a path is of this run alone, and of this time through the list.
    const pathOf = (index: number): string =>
      `/${scene.run}-${Math.floor(index / wanted.length)}/${wanted[index % wanted.length]}`;
    return {
      labels: { namespace, app },
      evidence: {
        logql: `${streams('access', { namespace, app })} | status="404" | path=~"/${scene.run}-.*"`,
      },
      cause: () => knock(scene, 'nginx', count, (door, index) => door.get(pathOf(index))),
    };
  },
};
