import { defineConfig } from '../../../constructs/settings';

/** The defaults on a cluster of the tests' own, with certificates that age while one watches. */
export default defineConfig({
  cluster: { name: 'vigil-e2e', nodes: Number(process.env.VIGIL_E2E_NODES ?? 3) },
  certificates: { leafLifetime: '9m', propagation: '90s' },
});
