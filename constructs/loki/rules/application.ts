import { alert, type RuleGroup } from '../../prometheus/rules/rule';
import type { Settings } from '../../settings';
import { isPage, namespaces, type Topology } from '../../topology';
import { matching } from '../selectors';
import { countOf } from './expressions';

/** What applications say of themselves. */
export const application = ({ thresholds: { logs } }: Settings, topology: Topology): RuleGroup => ({
  name: 'application-logs',
  rules: [
    alert({
      name: 'ApplicationErrors',
      expr: `${countOf(errors(topology), logs.window)} >= ${logs.errors}`,
      for: '0s',
      severity: 'warning',
      service: '{{ $labels.app }}',
      category: 'log',
      summary: '{{ $labels.app }} in {{ $labels.namespace }} logs errors.',
      description: `{{ $value }} lines of level error or critical within ${logs.window}.`,
    }),
  ],
});

/**
 * Without the cluster's own parts and the stack's: each of them calls it an error when another is not there yet, and
 * what matters of that is told by their metrics.
 */
const errors = (topology: Topology) => ({
  lines: `${matching('container', `namespace!~"${['kube-system', ...withoutPages(topology)].join('|')}"`)} | level=~"error|critical"`,
  by: 'namespace, app',
});

const withoutPages = ({ components }: Topology): string[] =>
  Object.keys(namespaces).filter(
    (name) => !components.some((component) => isPage(component) && component.namespace === name),
  );
