import { alert, type RuleGroup } from '../../prometheus/rules/rule';
import type { Settings } from '../../settings';
import { matching } from '../selectors';
import { countOf } from './expressions';

/** What applications say of themselves. The control plane's lines are left out: its metrics tell more. */
export const application = ({ thresholds }: Settings): RuleGroup => ({
  name: 'application-logs',
  rules: [
    alert({
      name: 'ApplicationErrors',
      expr: `${countOf(
        {
          lines: `${matching('container', 'namespace!="kube-system"')} | level=~"error|critical"`,
          by: 'namespace, app',
        },
        '5m',
      )} >= ${thresholds.logs.errors}`,
      for: '0s',
      severity: 'warning',
      service: '{{ $labels.app }}',
      category: 'log',
      summary: '{{ $labels.app }} in {{ $labels.namespace }} logs errors.',
      description: '{{ $value }} lines of level error or critical within 5 minutes.',
    }),
  ],
});
