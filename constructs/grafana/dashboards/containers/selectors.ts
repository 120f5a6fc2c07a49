import type { QueryVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { CONTAINER } from '../../../prometheus/rules/pods';
import type { Settings } from '../../../settings';
import { choice, chosen } from '../frame';

/** Bounds of the alerts about containers. */
export type Limits = Settings['thresholds']['containers'];

/** Names of the dashboard's variables. */
export const NAMESPACE_VARIABLE = 'namespace';
const POD_VARIABLE = 'pod';

export const namespaceVariable = (): QueryVariableBuilder =>
  choice({ name: NAMESPACE_VARIABLE, label: 'Namespace', of: 'kube_pod_info' });

/** The pods of the chosen namespaces. */
export const podVariable = (): QueryVariableBuilder =>
  choice({
    name: POD_VARIABLE,
    label: 'Pod',
    of: `kube_pod_info{${chosen(NAMESPACE_VARIABLE)}}`,
  });

/** The selector of the chosen pods, with further matchers behind it. */
export const ofPods = (...matchers: readonly string[]): string =>
  `{${[chosen(NAMESPACE_VARIABLE), chosen(POD_VARIABLE), ...matchers].join(',')}}`;

/** The same for samples of cAdvisor about containers, without those about the pod around them. */
export const ofContainers = (): string => ofPods('container!=""');

/** As many lines as a reader can tell apart. */
const MOST = 10;

/** Those with the highest values. */
export const highest = (expr: string): string => `topk(${MOST}, ${expr})`;

/** Usage by container, in percent of its request or limit; one that has none is left out. */
export const percentOf = (
  usage: string,
  bound: 'requests' | 'limits',
  resource: 'cpu' | 'memory',
): string =>
  `100 * ${usage} / on (${CONTAINER}) max by (${CONTAINER}) (kube_pod_container_resource_${bound}${ofPods(`resource="${resource}"`)})`;

/** Name of a container for people. */
export const CONTAINER_LEGEND = '{{pod}} {{container}}';
