/** The kind cluster of these tests; nothing else on the machine is touched. */
module.exports = { CLUSTER: 'vigil-e2e' };
