import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
  type Panel,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { firing, firingFromLogs } from './alerts';
import { dataSource } from './common';

/** Every dashboard of ours bears it, and the menu of links lists whatever does. */
const TAG = 'vigil';

/** Panels under a common title; each line of them is 24 wide. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
}

export interface DashboardProps {
  /** Part of the address: `vigil-<name>`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** What the alerts are about that are marked on every graph while they fire. @default all but the heartbeat */
  readonly alerts?: Readonly<Partial<Record<'category' | 'service', string>>>;
  /** Matchers that narrow them to the choice of a variable. @default none */
  readonly chosen?: readonly string[];
  readonly variables?: readonly Builder<VariableModel>[];
  readonly rows: readonly Row[];
}

/** A dashboard with what all of them have: the menu of the others, and a mark for each alert that fires. */
export function dashboard(props: DashboardProps): DashboardBuilder {
  const { name, title, description, alerts = {}, variables = [], rows } = props;
  const about = Object.entries(alerts).map(([label, value]) => `${label}=~"${value}"`);
  const builder = new DashboardBuilder(title)
    .uid(`vigil-${name}`)
    .description(description)
    .tags([TAG])
    .readonly()
    .refresh('30s')
    .time({ from: 'now-3h', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .link(inSight(otherDashboards()))
    .annotation(inSight(marks('Alerts firing', firing([...about, ...(props.chosen ?? [])]))))
    .annotation(inSight(marks('Alerts from logs', firingFromLogs(about))));
  for (const variable of variables) builder.withVariable(variable);
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title));
    for (const panel of row.panels) builder.withPanel(panel);
  }
  return builder;
}

/** Where one sees it: the SDK puts such things into a menu that one has to open first. */
const inSight = <T extends object>(builder: Builder<T>): Builder<T> => ({
  build: () => ({ ...builder.build(), placement: undefined }),
});

/** A menu of the other dashboards, which takes the time range and the variables along. */
const otherDashboards = (): DashboardLinkBuilder =>
  new DashboardLinkBuilder('Dashboards')
    .type(DashboardLinkType.Dashboards)
    .tags([TAG])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true);

const marks = (name: string, expr: string): AnnotationQueryBuilder =>
  new AnnotationQueryBuilder()
    .name(name)
    .datasource(dataSource('prometheus'))
    .enable(true)
    .iconColor('red')
    .expr(expr)
    .titleFormat('{{alertname}}')
    .textFormat('{{service}}')
    .tagKeys('severity');

interface ChoiceProps {
  /** Name of the variable, and of the label whose values it offers. */
  readonly name: string;
  readonly label: string;
  /** Series whose values are offered, narrowed to the choice of other variables where it depends on them. */
  readonly of: string;
}

/** A variable with the values of a label: one, several, or all of them. */
export const choice = ({ name, label, of }: ChoiceProps): QueryVariableBuilder =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(dataSource('prometheus'))
    .query(`label_values(${of}, ${name})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    // Not a list of every value, which would be long, and would leave out what came since.
    .allValue('.+')
    .current({ text: 'All', value: '$__all', selected: true });

/** The matcher of a choice, for a selector. */
export const chosen = (name: string): string => `${name}=~"$${name}"`;
