import { defineConfig } from '../../constructs/settings';

/** The defaults, on a cluster that belongs to the bench. */
export default defineConfig({ cluster: { name: 'vigil-bench' } });
