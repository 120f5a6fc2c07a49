import type { SynthResult } from '../../constructs/synth';
import { CliError } from '../../cli/lib/errors';

const FACTORS = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 } as const;

/** The part of a workload's manifest that says what its pods ask for. */
interface Workload {
  readonly kind: string;
  readonly spec: {
    readonly replicas?: number;
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly resources: { readonly requests: { readonly memory: string } };
        }[];
      };
    };
  };
}

/** Bytes of memory that all pods of the manifests ask for, on so many nodes. */
export function requestedMemory(objects: SynthResult['objects'], nodes: number): number {
  const pods: Readonly<Record<string, (workload: Workload) => number>> = {
    Deployment: ({ spec }) => spec.replicas ?? 1,
    StatefulSet: ({ spec }) => spec.replicas ?? 1,
    DaemonSet: () => nodes,
  };
  return objects.reduce((sum, object) => {
    const count = pods[object.kind];
    if (!count) return sum;
    const workload = object as unknown as Workload;
    const { containers } = workload.spec.template.spec;
    const each = containers.map(({ resources }) => bytesOf(resources.requests.memory));
    return sum + count(workload) * each.reduce((a, b) => a + b, 0);
  }, 0);
}

function bytesOf(quantity: string): number {
  const [, number, unit] = /^(\d+)(Ki|Mi|Gi|Ti)$/.exec(quantity) ?? [];
  if (!number) throw new CliError(`not a size that the manifests may have: ${quantity}`);
  return Number(number) * FACTORS[unit as keyof typeof FACTORS];
}
