import type { EnvVar } from '../../imports/k8s';
import type { Resources } from '../settings';

const MEBIBYTES = { Ki: 1 / 1024, Mi: 1, Gi: 1024, Ti: 1024 * 1024 } as const;

/** Part of its memory limit at which a Go program collects garbage at all cost; the rest is for stacks and the kernel. */
const PART = 0.85;

/**
 * Settings of the Go runtime for a container: its memory limit, which Go does not look for itself, and one that Go
 * reads at start (https://pkg.go.dev/runtime, "Environment Variables").
 *
 * @param garbagePercent how much garbage may gather before a collection, in percent of the live heap; less is less
 * memory for more CPU. Default: 100, as Go has it
 */
export function goRuntime({ memoryLimit }: Resources, garbagePercent = 100): EnvVar[] {
  const [, amount, unit] = /^(\d+)(Ki|Mi|Gi|Ti)$/.exec(memoryLimit) ?? [];
  const mebibytes = Number(amount) * MEBIBYTES[unit as keyof typeof MEBIBYTES];
  return [
    { name: 'GOMEMLIMIT', value: `${Math.floor(mebibytes * PART)}MiB` },
    { name: 'GOGC', value: String(garbagePercent) },
  ];
}
