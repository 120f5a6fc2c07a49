import { defineConfig } from '../../constructs/settings';
import { receiverSettings } from './receivers';

/** The defaults, on a cluster that belongs to the bench, with receivers on this machine for those who start them. */
export default defineConfig({
  cluster: { name: 'vigil-bench' },
  alertRouter: receiverSettings(),
});
