import { streams } from '../../../../constructs/loki/streams';
import type { Drill } from '../drill';
import { knock, needPage } from '../page';

/** Above the bound, for others may happen to be counted at another moment. */
const SURPLUS = 5;

/** A page that fails. */
export const errors: Drill = {
  name: 'errors',
  summary: 'the page /error of the sample-app is opened, which fails each time',
  alert: 'ApplicationErrors',
  window: ({ rangeSeconds }) => ({ resolved: rangeSeconds }),
  prepare: async (scene) => {
    const { namespace, name: app } = await needPage(scene, 'sampleApp');
    const count = scene.settings.thresholds.logs.errors + SURPLUS;
    return {
      labels: { namespace, app },
      evidence: { logql: `${streams('container', { namespace, app })} | level="error"` },
      cause: () => knock(scene, 'sampleApp', count, (door) => door.get('/error')),
    };
  },
};
