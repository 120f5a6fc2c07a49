import { defineConfig } from '../../../constructs/settings';
import { receiverSettings } from '../../../bench/lib/receivers';

/**
 * The defaults on a cluster of the tests' own, with certificates that age while one watches, rules that make up their
 * minds sooner, and receivers on this machine.
 */
export default defineConfig({
  cluster: { name: 'vigil-e2e', nodes: Number(process.env.VIGIL_E2E_NODES ?? 3) },
  certificates: { leafLifetime: '6m', propagation: '30s' },
  thresholds: {
    // What rules wait for by default is no part of any proof here; promtool's tests are at its bounds.
    longestFor: '30s',
    logs: { window: '2m' },
    // Every node sees the disk of the machine that runs the tests, and how full that is says nothing about Vigil.
    nodes: { diskWarning: 98, diskCritical: 99 },
  },
  alertRouter: receiverSettings(),
});
