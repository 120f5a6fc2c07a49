import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Settings } from '../../../settings';
import { chosen, dashboard } from '../frame';
import { cpu } from './cpu';
import { memory } from './memory';
import { pods } from './pods';
import { NAMESPACE_VARIABLE, namespaceVariable, podVariable } from './selectors';
import { state } from './state';
import { traffic } from './traffic';

/** What the containers use of what they may, and how they fare. */
export const containers = ({ thresholds }: Settings): DashboardBuilder => {
  const limits = thresholds.containers;
  return dashboard({
    name: 'containers',
    title: 'Containers',
    description: 'What the containers use of what they may, and how they fare.',
    alerts: { category: 'container' },
    chosen: [chosen(NAMESPACE_VARIABLE)],
    variables: [namespaceVariable(), podVariable()],
    rows: [
      { title: 'State', panels: state() },
      { title: 'CPU', panels: cpu(limits) },
      { title: 'Memory', panels: memory(limits) },
      { title: 'Network and disks', panels: traffic() },
      { title: 'Pods and images', panels: pods(limits) },
    ],
  });
};
