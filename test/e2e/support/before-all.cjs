const { execFileSync } = require('node:child_process');
const { CLUSTER } = require('./cluster-name.cjs');

/** Starts from nothing: what an earlier, aborted run left would make the first test meaningless. */
module.exports = () => {
  execFileSync('kind', ['delete', 'cluster', '--name', CLUSTER], { stdio: 'ignore' });
};
