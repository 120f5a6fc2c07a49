import { streams } from '../../../../constructs/loki/streams';
import type { Drill } from '../drill';
import { knock, needPage } from '../page';

/** Passwords that are tried at least, beyond the bound as well. */
const ATTEMPTS = 30;

/** Someone who guesses the password of a user. */
export const bruteForce: Drill = {
  name: 'brute-force',
  summary: 'wrong passwords for one user are tried at /login of the sample-app',
  alert: 'BruteForceByUser',
  window: ({ rangeSeconds }) => ({ resolved: rangeSeconds }),
  prepare: async (scene) => {
    const { namespace, name: app } = await needPage(scene, 'sampleApp');
    const username = `drill-${scene.run}`;
    const count = Math.max(ATTEMPTS, scene.settings.thresholds.logs.failedLogins + 5);
    return {
      labels: { namespace, app, user: username },
      evidence: { logql: `${streams('container', { namespace, app })} |= "${username}"` },
      cause: () =>
        knock(scene, 'sampleApp', count, (door, index) =>
          door.post('/login', { username, password: `guess ${index}` }),
        ),
    };
  },
};
