import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
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
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { dataSourceIds } from '../data-sources';

export type { BarGaugeBuilder, StatBuilder, TableBuilder, TimeSeriesBuilder };

const prometheus = { type: 'prometheus', uid: dataSourceIds.prometheus };

/** What every panel must say about itself. */
export interface PanelProps {
  readonly title: string;
  /** What is shown, and what a bad value means. */
  readonly description: string;
  /** One of the SDK's units. */
  readonly unit: string;
  readonly thresholds: readonly Threshold[];
  readonly queries: readonly Query[];
}

/** An expression of PromQL with the text of its legend. */
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
  /** The seconds that are left of something. */
  timeLeft: (warning: number, critical: number): Threshold[] => [
    from(null, 'red'),
    from(critical, 'orange'),
    from(warning, 'green'),
  ],
} as const;

/** Zero where an expression finds nothing: no series is the good case of what is counted here. */
export const orZero = (expr: string): string => `${expr} or vector(0)`;

const steps = (values: readonly Threshold[]): ThresholdsConfigBuilder =>
  new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...values]);

/** Targets are told apart by a letter. */
const refId = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index);

function query({ expr, legend }: Query, index: number): DataqueryBuilder {
  const builder = new DataqueryBuilder().refId(refId(index)).datasource(prometheus).expr(expr);
  return legend === undefined ? builder : builder.legendFormat(legend);
}

const ranges = (queries: readonly Query[]): Builder<Dataquery>[] =>
  queries.map((each, index) => query(each, index).range());

const instants = (queries: readonly Query[]): Builder<Dataquery>[] =>
  queries.map((each, index) => query(each, index).instant());

const rows = (queries: readonly Query[]): Builder<Dataquery>[] =>
  queries.map((each, index) => query(each, index).instant().format(PromQueryFormat.Table));

const lastValue = (): ReduceDataOptionsBuilder =>
  new ReduceDataOptionsBuilder().calcs(['lastNotNull']);

/** One number, or a few, in the colour of their threshold. */
export const stat = (props: PanelProps): StatBuilder =>
  new StatBuilder()
    .title(props.title)
    .description(props.description)
    .datasource(prometheus)
    .unit(props.unit)
    .thresholds(steps(props.thresholds))
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .reduceOptions(lastValue())
    .targets(instants(props.queries))
    .height(4)
    .span(4);

/** Lines over time, with a dashed line where a threshold lies. */
export const timeSeries = (props: PanelProps): TimeSeriesBuilder =>
  new TimeSeriesBuilder()
    .title(props.title)
    .description(props.description)
    .datasource(prometheus)
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
    .targets(ranges(props.queries))
    .height(8)
    .span(12);

/** A bar for each series, with the colour of its threshold. */
export const barGauge = (props: PanelProps): BarGaugeBuilder =>
  new BarGaugeBuilder()
    .title(props.title)
    .description(props.description)
    .datasource(prometheus)
    .unit(props.unit)
    .thresholds(steps(props.thresholds))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .orientation(VizOrientation.Horizontal)
    .reduceOptions(lastValue())
    .targets(instants(props.queries))
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
    .description(props.description)
    .datasource(prometheus)
    .unit(props.unit)
    .thresholds(steps(props.thresholds))
    .targets(rows(props.queries))
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
