import type { Topology } from '../../../topology';

/** Name of the dashboard's variable. */
export const NAMESPACE_VARIABLE = 'namespace';

/** The selector of the chosen namespaces, with further matchers behind it. */
export const inNamespace = (...matchers: readonly string[]): string =>
  `{${[`namespace=~"$${NAMESPACE_VARIABLE}"`, ...matchers].join(',')}}`;

/** The sum of an expression over containers for each component, which a pod's name begins with. */
export function byComponent(expr: string, { components }: Pick<Topology, 'components'>): string {
  // Longest first, because a name may begin with another one.
  const names = components.map(({ name }) => name).sort((a, b) => b.length - a.length);
  return `sum by (component) (label_replace(${expr}, "component", "$1", "pod", "(${names.join('|')})-.+"))`;
}
