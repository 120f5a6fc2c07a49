import type { QueryVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Settings } from '../../../settings';
import { choice, chosen } from '../frame';

/** Bounds of the alerts about nodes. */
export type Limits = Settings['thresholds']['nodes'];

/** Name of the dashboard's variable. */
export const NODE_VARIABLE = 'node';

/** The nodes that an exporter runs on. */
export const nodeVariable = (): QueryVariableBuilder =>
  choice({ name: NODE_VARIABLE, label: 'Node', of: 'node_uname_info' });

/** The selector of the chosen nodes, with further matchers behind it. */
export const onNode = (...matchers: readonly string[]): string =>
  `{${[chosen(NODE_VARIABLE), ...matchers].join(',')}}`;
