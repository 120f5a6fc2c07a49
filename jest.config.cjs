/** Everything that can be tested without a cluster; `test/e2e` has a configuration of its own. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // By default one core is left free, which is half of a small machine.
  maxWorkers: '100%',
  testPathIgnorePatterns: ['/node_modules/', '/test/e2e/'],
  // Several dependencies are ES modules only; swc compiles them too, so that no allow-list has to follow their releases.
  transform: {
    '^.+\\.[cm]?[tj]s$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: [],
};
