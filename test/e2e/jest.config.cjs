/**
 * End to end, on a kind cluster of its own (`vigil-e2e`): needs a container engine and kind. The files build on each
 * other, so they run one by one in the order of their names.
 */
const base = require('../../jest.config.cjs');

module.exports = {
  ...base,
  rootDir: '../..',
  roots: ['<rootDir>/test/e2e'],
  testMatch: ['**/*.e2e.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testSequencer: '<rootDir>/test/e2e/support/by-name.cjs',
  globalSetup: '<rootDir>/test/e2e/support/before-all.cjs',
  globalTeardown: '<rootDir>/test/e2e/support/after-all.cjs',
  maxWorkers: 1,
  testTimeout: 300_000,
};
