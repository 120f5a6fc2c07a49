import {
  GraphDrawStyle,
  StackingConfigBuilder,
  StackingMode,
  TableSortByFieldStateBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import * as units from '@grafana/grafana-foundation-sdk/units';
import {
  stat,
  table,
  thresholds,
  timeSeries,
  type PanelProps,
  type StatBuilder,
  type TableBuilder,
  type TimeSeriesBuilder,
} from './common';

/** What a panel that asks Loki says about itself; all its queries are about the time shown, and no more. */
type LogPanelProps = Omit<PanelProps, 'source' | 'queries' | 'unit' | 'thresholds'>;

/**
 * Why a panel about the audit log may be empty. Alloy looks for one on every node of every cluster, whatever is scraped
 * of the control plane; whether there is one, only the cluster's maker knows.
 */
export const NO_AUDIT_LOG = 'the API server keeps no audit log where `alloy.auditLogFolder` says';

/** What Grafana calls the sample of an instant query of Loki. */
const VALUE = 'Value #A';

/** Rows that a table of the most frequent shows. */
const TOP = 10;

/** How many lines there are in each step of a graph. */
const inEachStep = (lines: string, by: string): string =>
  `sum by (${by}) (count_over_time(${lines} [$__interval]))`;

/** How many lines there are in all of the time shown. */
const inAll = (lines: string, by = ''): string =>
  `sum ${by && `by (${by}) `}(count_over_time(${lines} [$__range]))`;

/** Bars over time: lines by one of their labels. */
export const lineCounts = (
  props: LogPanelProps & { readonly lines: string; readonly by: string },
): TimeSeriesBuilder =>
  bars(props, [{ expr: inEachStep(props.lines, props.by), legend: `{{${props.by}}}` }]);

/** Bars over time: one kind of lines for each name. */
export const linesByKind = (
  props: LogPanelProps & { readonly kinds: Readonly<Record<string, string>> },
): TimeSeriesBuilder =>
  bars(
    props,
    Object.entries(props.kinds).map(([legend, lines]) => ({
      expr: `sum(count_over_time(${lines} [$__interval]))`,
      legend,
    })),
  );

const bars = (props: LogPanelProps, queries: PanelProps['queries']): TimeSeriesBuilder =>
  timeSeries({
    ...props,
    source: 'loki',
    unit: units.Short,
    thresholds: thresholds.none,
    queries,
  })
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(80)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
    .interval('30s');

/** How many lines there are in the time shown: none is the good case, or at least calm. */
export const lineCount = (
  props: LogPanelProps & Pick<PanelProps, 'thresholds'> & { readonly lines: string },
): StatBuilder =>
  stat({
    ...props,
    source: 'loki',
    unit: units.Short,
    queries: [{ expr: `${inAll(props.lines)} or vector(0)` }],
  });

/** The most frequent values of some labels, in the time shown. */
export const mostFrequent = (
  props: LogPanelProps & {
    readonly lines: string;
    /** Labels, from left to right. */
    readonly by: readonly string[];
    /** Name of the column with the number of lines. */
    readonly counted: string;
  },
): TableBuilder =>
  ranking({
    ...props,
    expr: `topk(${TOP}, ${inAll(props.lines, props.by.join(', '))})`,
    value: props.counted,
    unit: units.Short,
  });

/** A table of labels with a value, the largest first. */
export const ranking = (
  props: LogPanelProps & {
    readonly expr: string;
    readonly by: readonly string[];
    /** Name of the column with the value. */
    readonly value: string;
    readonly unit: string;
  },
): TableBuilder =>
  table({
    ...props,
    source: 'loki',
    thresholds: thresholds.none,
    queries: [{ expr: props.expr }],
    columns: [...props.by, VALUE],
  })
    .overrideByName(VALUE, [{ id: 'displayName', value: props.value }])
    .sortBy([new TableSortByFieldStateBuilder().displayName(props.value).desc(true)])
    .height(8);
