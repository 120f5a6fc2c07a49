import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard } from '../frame';
import { newestLines } from './lines';
import { pipeline } from './pipeline';
import { variables } from './selectors';
import { volume } from './volume';

/** What is logged, how much of it, and its way to here. An hour is shown: lines are heavier than samples. */
export const logs = (): DashboardBuilder =>
  dashboard({
    name: 'logs',
    title: 'Logs',
    description: 'What is logged, how much of it, and its way to here.',
    alerts: { category: 'log' },
    variables: variables(),
    rows: [
      { title: 'Volume', panels: volume() },
      { title: 'Newest lines', panels: newestLines() },
      { title: 'From the nodes to here', panels: pipeline() },
    ],
  }).time({ from: 'now-1h', to: 'now' });
