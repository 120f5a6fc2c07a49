import { defineConfig } from '../../../constructs/settings';
import base from './vigil.config';

/** As for all tests, with rules that make up their minds sooner: what they wait for by default is no part of the proof. */
export default defineConfig({
  ...base,
  thresholds: {
    longestFor: '30s',
    // Nothing of ours has a limit of CPU; the average of a container at its limit is above this after half a minute.
    containers: { cpu: 10 },
  },
});
