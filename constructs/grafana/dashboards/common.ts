import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LogsSortOrder,
  ReduceDataOptionsBuilder,
  SortOrder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  FieldColorBuilder,
  FieldColorModeId,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Threshold,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  DataqueryBuilder as LokiQueryBuilder,
  LokiQueryType,
} from '@grafana/grafana-foundation-sdk/loki';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as LogsBuilder } from '@grafana/grafana-foundation-sdk/logs';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { NoUnit } from '@grafana/grafana-foundation-sdk/units';
import { dataSourceIds } from '../data-sources';

export type { BarGaugeBuilder, LogsBuilder, StatBuilder, TableBuilder, TimeSeriesBuilder };

/** Where a panel's queries are asked. */
export type Source = 'prometheus' | 'loki';

/** A data source as panels and variables refer to it. */
export const dataSource = (source: Source): { type: string; uid: string } => ({
  type: source,
  uid: dataSourceIds[source],
});

/** What every panel must say about itself. */
export interface PanelProps {
  readonly title: string;
  /** What is shown, and what a bad value means. */
  readonly description: string;
  /** One of the SDK's units. */
  readonly unit: string;
  readonly thresholds: readonly Threshold[];
  readonly queries: readonly Query[];
  /** @default prometheus */
  readonly source?: Source;
  /**
   * What it means that no query finds anything, as the end of a sentence. A panel without it always shows data on a
   * cluster that is well.
   *
   * @default none: the panel is never empty
   */
  readonly emptyWhenWell?: string;
  /** Alerts that watch the same; their runbooks say what to do. @default none */
  readonly alerts?: readonly string[];
}

/** An expression of PromQL or LogQL with the text of its legend. */
export interface Query {
  readonly expr: string;
  /** Legend, with labels in double braces. @default the labels of the series */
  readonly legend?: string;
}

const from = (value: number | null, color: string): Threshold => ({ value, color });

/** Steps of colour, named after what they mean; each is the value from which its colour holds. */
export const thresholds = {
  /** For values that are neither good nor bad. */
  none: [from(null, 'blue')],
  /** Anything but zero is a failure. */
  zeroIsGood: [from(null, 'green'), from(1, 'red')],
  /** Anything but zero deserves a look. */
  zeroIsCalm: [from(null, 'green'), from(1, 'orange')],
  /** A rate of failures: any at all is one too many. */
  noneAtAll: [from(null, 'green'), from(1e-9, 'red')],
  /** A share of what should be there, from 0 to 1: less than all is a failure. */
  allIsGood: [from(null, 'red'), from(1, 'green')],
  /** The load of a resource, from 0 to 1. */
  load: [from(null, 'green'), from(0.8, 'orange'), from(0.95, 'red')],
  /** More than planned for. */
  budget: (limit: number): Threshold[] => [from(null, 'green'), from(limit, 'red')],
  /** Where a warning fires, and above it the same as critical. */
  rising: (warning: number, critical: number): Threshold[] => [
    from(null, 'green'),
    from(warning, 'orange'),
    from(critical, 'red'),
  ],
  /** Less than planned for. */
  atLeast: (limit: number): Threshold[] => [from(null, 'red'), from(limit, 'green')],
  /** A status of HTTP; 0 is no answer at all. */
  httpStatus: [from(null, 'red'), from(200, 'green'), from(400, 'orange'), from(500, 'red')],
  /** The seconds that are left of something. */
  timeLeft: (warning: number, critical: number): Threshold[] => [
    from(null, 'red'),
    from(critical, 'orange'),
    from(warning, 'green'),
  ],
  /** The seconds that are left of something of this lifetime: the bounds of the alerts about certificates. */
  lifetimeLeft: (lifetime: number): Threshold[] =>
    thresholds.timeLeft(Math.round(lifetime / 6), Math.round(lifetime / 15)),
} as const;

/** Zero where an expression finds nothing: no series is the good case of what is counted here. */
export const orZero = (expr: string): string => `${expr} or vector(0)`;

/**
 * The same for an expression with labels: a zero that is called `none`, and only where there is nothing else. A plain
 * `or vector(0)` would stand beside the other series, for its labels are never theirs.
 */
export const orNone = (expr: string, label: string): string =>
  `${expr} or on () label_replace(vector(0), "${label}", "none", "", "")`;

const steps = (values: readonly Threshold[]): ThresholdsConfigBuilder =>
  new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...values]);

type Described = Pick<PanelProps, 'description' | 'alerts' | 'emptyWhenWell'>;

const EMPTY = ' Empty when all is well: ';

/** What a panel says about itself to its readers. */
const descriptionOf = ({ description, alerts = [], emptyWhenWell }: Described): string =>
  [
    description,
    ...(alerts.length > 0 ? [` What to do: ${alerts.map(runbook).join(', ')}.`] : []),
    ...(emptyWhenWell === undefined ? [] : [`${EMPTY}${emptyWhenWell}.`]),
  ].join('');

const runbook = (alert: string): string => `docs/runbooks/${alert}.md`;

/** Why a panel may be empty, as its description says it; undefined when it may not. */
export const reasonToBeEmpty = (description: string): string | undefined =>
  description.split(EMPTY)[1]?.replace(/\.$/, '');

const sourceOf = ({ source = 'prometheus' }: PanelProps) => dataSource(source);

/** Targets are told apart by a letter. */
const refId = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index);

function promQuery({ expr, legend }: Query, index: number): DataqueryBuilder {
  const builder = new DataqueryBuilder()
    .refId(refId(index))
    .datasource(dataSource('prometheus'))
    .expr(expr);
  return legend === undefined ? builder : builder.legendFormat(legend);
}

function lokiQuery({ expr, legend }: Query, index: number, type: LokiQueryType): LokiQueryBuilder {
  const builder = new LokiQueryBuilder()
    .refId(refId(index))
    .datasource(dataSource('loki'))
    .expr(expr)
    .queryType(type);
  return legend === undefined ? builder : builder.legendFormat(legend);
}

type Asked = Pick<PanelProps, 'queries' | 'source'>;

const targets = (
  { queries, source = 'prometheus' }: Asked,
  type: LokiQueryType,
  ofPrometheus: (query: DataqueryBuilder) => DataqueryBuilder,
): Builder<Dataquery>[] =>
  queries.map((each, index) =>
    source === 'loki' ? lokiQuery(each, index, type) : ofPrometheus(promQuery(each, index)),
  );

const ranges = (asked: Asked): Builder<Dataquery>[] =>
  targets(asked, LokiQueryType.Range, (query) => query.range());

const instants = (asked: Asked): Builder<Dataquery>[] =>
  targets(asked, LokiQueryType.Instant, (query) => query.instant());

const rows = (asked: Asked): Builder<Dataquery>[] =>
  targets(asked, LokiQueryType.Instant, (query) => query.instant().format(PromQueryFormat.Table));

const lastValue = (): ReduceDataOptionsBuilder =>
  new ReduceDataOptionsBuilder().calcs(['lastNotNull']);

/** One number, or a few, in the colour of their threshold. */
export const stat = (props: PanelProps): StatBuilder =>
  new StatBuilder()
    .title(props.title)
    .description(descriptionOf(props))
    .datasource(sourceOf(props))
    .unit(props.unit)
    .thresholds(steps(props.thresholds))
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .reduceOptions(lastValue())
    .targets(instants(props))
    .height(4)
    .span(4);

/** Lines over time, with a dashed line where a threshold lies. */
export const timeSeries = (props: PanelProps): TimeSeriesBuilder =>
  new TimeSeriesBuilder()
    .title(props.title)
    .description(descriptionOf(props))
    .datasource(sourceOf(props))
    .unit(props.unit)
    .thresholds(steps(props.thresholds))
    .thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(
        props.thresholds.length > 1
          ? GraphThresholdsStyleMode.Dashed
          : GraphThresholdsStyleMode.Off,
      ),
    )
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .min(0)
    .lineWidth(1)
    .fillOpacity(10)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending),
    )
    .targets(ranges(props))
    .height(8)
    .span(12);

/** A bar for each series, with the colour of its threshold. */
export const barGauge = (props: PanelProps): BarGaugeBuilder =>
  new BarGaugeBuilder()
    .title(props.title)
    .description(descriptionOf(props))
    .datasource(sourceOf(props))
    .unit(props.unit)
    .thresholds(steps(props.thresholds))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .orientation(VizOrientation.Horizontal)
    .reduceOptions(lastValue())
    .targets(instants(props))
    .min(0)
    .height(8)
    .span(12);

/**
 * A row for each series of its one query.
 *
 * @param columns labels in their order from left to right; the rest is hidden. `Value` is the sample.
 */
export const table = (props: PanelProps & { readonly columns: readonly string[] }): TableBuilder =>
  new TableBuilder()
    .title(props.title)
    .description(descriptionOf(props))
    .datasource(sourceOf(props))
    .unit(props.unit)
    .thresholds(steps(props.thresholds))
    .targets(rows(props))
    .withTransformation({
      id: 'filterFieldsByName',
      options: { include: { names: [...props.columns] } },
    })
    .withTransformation({
      id: 'organize',
      options: {
        indexByName: Object.fromEntries(props.columns.map((name, index) => [name, index])),
      },
    })
    .height(6)
    .span(12);

/** Lines of logs as they are, the newest first. */
export const logLines = (props: Omit<PanelProps, 'source' | 'thresholds' | 'unit'>): LogsBuilder =>
  new LogsBuilder()
    .title(props.title)
    .description(descriptionOf(props))
    .datasource(dataSource('loki'))
    .unit(NoUnit)
    .thresholds(steps(thresholds.none))
    .targets(ranges({ ...props, source: 'loki' }))
    .showTime(true)
    .wrapLogMessage(true)
    .enableLogDetails(true)
    .sortOrder(LogsSortOrder.Descending)
    .height(10)
    .span(24);
