const { execFileSync } = require('node:child_process');
const { CLUSTER } = require('./cluster-name.cjs');

/** VIGIL_E2E_KEEP=1 leaves the cluster for a look at what went wrong. */
module.exports = () => {
  if (process.env.VIGIL_E2E_KEEP) return;
  execFileSync('kind', ['delete', 'cluster', '--name', CLUSTER], { stdio: 'ignore' });
};
