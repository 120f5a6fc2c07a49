import { dashboards } from '../../constructs/grafana/dashboards';
import { dataSourceIds } from '../../constructs/grafana/data-sources';
import { parseSettings, type Settings, type VigilConfig } from '../../constructs/settings';
import { buildTopology } from '../../constructs/topology';

/** A query of a panel, in PromQL or LogQL by its data source. */
export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  /** Of Loki: at one moment, or over time. */
  readonly queryType?: 'instant' | 'range';
}

/** A panel as Grafana reads it, with the fields that tests look at. */
export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
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
      readonly thresholds?: { readonly steps: readonly { readonly value: number | null }[] };
      readonly links?: readonly { readonly url: string }[];
    };
  };
  readonly targets?: readonly Target[];
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly datasource?: { readonly uid: string };
  readonly query?: unknown;
  readonly includeAll?: boolean;
  readonly allValue?: string;
  readonly multi?: boolean;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly time: { readonly from: string };
  readonly panels: readonly Panel[];
  readonly templating: { readonly list?: readonly Variable[] };
  readonly annotations: { readonly list?: readonly { readonly expr?: string }[] };
  readonly links: readonly {
    readonly type: string;
    readonly tags: readonly string[];
    readonly asDropdown: boolean;
  }[];
}

/** Every dashboard of a stack with these settings, by file name. */
export const dashboardsOf = (config: VigilConfig = {}): [file: string, Dashboard][] =>
  readDashboards(parseSettings(config));

/** The same for settings that are complete. */
export function readDashboards(settings: Settings): [file: string, Dashboard][] {
  const files = dashboards(settings, buildTopology(settings));
  return Object.entries(files).map(([file, text]) => [file, JSON.parse(text) as Dashboard]);
}

/** Every panel but the titles of rows, under a name for people. */
export const panelsOf = (all: readonly [string, Dashboard][]): [name: string, Panel][] =>
  all.flatMap(([file, { panels }]) =>
    panels
      .filter(({ type }) => type !== 'row')
      .map((panel): [string, Panel] => [`${file}: ${panel.title}`, panel]),
  );

/** Every expression of PromQL that a panel asks, under a name for people. */
export const promQueriesOf = (all: readonly [string, Dashboard][]): [name: string, string][] =>
  panelsOf(all).flatMap(([name, { targets = [] }]) =>
    targets
      .filter(({ datasource }) => datasource.uid === dataSourceIds.prometheus)
      .map(({ refId, expr }): [string, string] => [`${name} ${refId}`, expr]),
  );

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
