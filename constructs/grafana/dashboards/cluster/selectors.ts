import type { QueryVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { choice, chosen } from '../frame';

const NAMESPACE_VARIABLE = 'namespace';

export const namespaceVariable = (): QueryVariableBuilder =>
  choice({ name: NAMESPACE_VARIABLE, label: 'Namespace', of: 'kube_pod_info' });

/** The selector of the chosen namespaces, with further matchers behind it. */
export const inNamespace = (...matchers: readonly string[]): string =>
  `{${[chosen(NAMESPACE_VARIABLE), ...matchers].join(',')}}`;

/** Percent of `part` in `whole`, both counters; nothing of nothing is zero. */
export const percentOf = (part: string, whole: string): string =>
  `100 * (sum(rate(${part}[$__rate_interval])) or vector(0)) / (sum(rate(${whole}[$__rate_interval])) > 0) or vector(0)`;

/** How long something takes on average, in seconds, by labels; zero where it does not happen. */
export function mean(histogram: string, selector: string, by: string): string {
  const rate = (part: string): string =>
    `sum by (${by}) (rate(${histogram}_${part}${selector}[$__rate_interval]))`;
  // The sum is zero whenever the count is.
  return `${rate('sum')} / (${rate('count')} > 0) or ${rate('sum')}`;
}

/** Time within which a share of what a histogram counts has happened, in seconds. */
export const quantile = (share: number, buckets: string, by = ''): string =>
  `histogram_quantile(${share}, sum by (${['le', by].filter(Boolean).join(', ')}) (rate(${buckets}[$__rate_interval])))`;
