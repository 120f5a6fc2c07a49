import { dashboards } from '../../constructs/grafana/dashboards';
import type { Settings } from '../../constructs/settings';
import type { Topology } from '../../constructs/topology';

/** A query of a panel, as the dashboard's JSON has it. */
export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  /** Of Prometheus. */
  readonly instant?: boolean;
  readonly range?: boolean;
  /** Of Loki. */
  readonly queryType?: string;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly interval?: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string;
      readonly thresholds?: { readonly steps: readonly { value: number | null }[] };
      readonly links?: readonly { readonly title: string; readonly url: string }[];
    };
  };
  readonly targets?: readonly Target[];
}

/** A variable of a dashboard. */
export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly datasource?: { readonly uid: string };
  readonly query?: unknown;
  readonly allValue?: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly time: { readonly from: string };
  readonly panels: readonly Panel[];
  /** Absent where there are none. */
  readonly templating: { readonly list?: readonly Variable[] };
}

/** Every dashboard, read back from its file. */
export const parsedDashboards = (settings: Settings, topology: Topology): [string, Dashboard][] =>
  Object.entries(dashboards(settings, topology)).map(([file, text]) => [
    file,
    JSON.parse(text) as Dashboard,
  ]);

/** The panels of a dashboard that ask for something: all but the titles of rows. */
export const askingPanels = ({ panels }: Dashboard): Panel[] =>
  panels.filter(({ type }) => type !== 'row');

/**
 * An expression with the dashboard's variables filled in as they are at first: `All`, and nothing to search for.
 * Those of Grafana itself, such as `$__interval`, stay.
 */
export function withVariables(expr: string, { templating }: Dashboard): string {
  const { list = [] } = templating;
  return list.reduce(
    (text, variable) => text.replaceAll(new RegExp(`\\$${variable.name}\\b`, 'g'), all(variable)),
    expr,
  );
}

function all({ name, type, query, allValue }: Variable): string {
  if (allValue !== undefined) return allValue;
  if (type === 'textbox') return '';
  if (type === 'custom' && typeof query === 'string') return query.replaceAll(',', '|');
  throw new Error(`variable ${name}: no value for All`);
}
