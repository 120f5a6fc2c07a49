import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Settings } from '../../../settings';
import { chosen, dashboard } from '../frame';
import { cpuAndMemory } from './cpu-and-memory';
import { disks } from './disks';
import { network } from './network';
import { NODE_VARIABLE, nodeVariable } from './selectors';
import { state } from './state';

/** What the nodes have, and what they run short of. */
export const nodes = ({ thresholds: { nodes: limits } }: Settings): DashboardBuilder =>
  dashboard({
    name: 'nodes',
    title: 'Nodes',
    description: 'What the nodes have, and what they run short of.',
    alerts: { category: 'node|traffic' },
    chosen: [chosen(NODE_VARIABLE)],
    variables: [nodeVariable()],
    rows: [
      { title: 'State', panels: state(limits) },
      { title: 'CPU and memory', panels: cpuAndMemory(limits) },
      { title: 'Disks', panels: disks(limits) },
      { title: 'Network', panels: network(limits) },
    ],
  });
