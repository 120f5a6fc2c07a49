import type { V1Pod } from '@kubernetes/client-node';
import { CliError } from '../../../cli/lib/errors';
import type { PrometheusApi } from '../../../cli/lib/prometheus-api';
import type { Component } from '../../../constructs/topology';
import { numberOf, ourPods, type Stack } from '../cluster';

/** A span of time. */
export interface Span {
  /** Its end, in seconds since the Unix epoch. */
  readonly end: number;
  readonly seconds: number;
}

export interface Usage {
  /** Cores, on average. */
  readonly cpu: number;
  /** Bytes of working set, at the most. */
  readonly memory: number;
}

/**
 * The pod of a component, on a node.
 *
 * @param node any of them by default.
 * @throws CliError when there is none.
 */
export async function podOf(
  { client }: Pick<Stack, 'client'>,
  { name, namespace }: Component,
  node?: string,
): Promise<string> {
  const pods = (await ourPods(client)).filter(
    ({ metadata, spec, status }: V1Pod) =>
      metadata?.namespace === namespace &&
      metadata.labels?.['app.kubernetes.io/name'] === name &&
      status?.phase === 'Running' &&
      (node === undefined || spec?.nodeName === node),
  );
  const found = pods[0]?.metadata?.name;
  if (!found)
    throw new CliError(`no pod of ${name} runs${node === undefined ? '' : ` on ${node}`}`);
  return found;
}

/** What the containers of a pod used together, as Prometheus has it. */
export async function usageOf(
  prometheus: PrometheusApi,
  pod: string,
  { end, seconds }: Span,
): Promise<Usage> {
  const containers = `{pod="${pod}",container!=""}`;
  const cpu = `sum(rate(container_cpu_usage_seconds_total${containers}[${seconds}s] @ ${end}))`;
  // A container that was started anew is there twice for some minutes.
  const current = `max by (container) (container_memory_working_set_bytes${containers})`;
  return {
    cpu: await numberOf(prometheus, cpu),
    memory: await numberOf(prometheus, `max_over_time(sum(${current})[${seconds}s:5s] @ ${end})`),
  };
}

/** How much counters grew together; 0 where nothing was ever counted. */
export const growthOf = (
  prometheus: PrometheusApi,
  counter: string,
  { end, seconds }: Span,
): Promise<number> =>
  numberOf(prometheus, `sum(increase(${counter}[${seconds}s] @ ${end})) or vector(0)`);
