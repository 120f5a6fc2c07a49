import { CustomVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { matching } from '../../../loki/selectors';
import { PAGES, type Topology } from '../../../topology';
import { chosen } from '../frame';

/** Name of the dashboard's variable, and of the label of log lines that it chooses. */
const APP_VARIABLE = 'app';

/** The web servers of the topology; `All` stands for each of them. */
export const appVariable = (topology: Topology): CustomVariableBuilder =>
  new CustomVariableBuilder(APP_VARIABLE)
    .label('Web server')
    .values(PAGES.map((key) => topology.component(key).name).join(','))
    .includeAll(true)
    .multi(true)
    .current({ text: 'All', value: '$__all', selected: true });

/** The selector of a probe's series of the chosen pages. */
export const ofPages = (job: string): string => `{job="${job}",component=~"$${APP_VARIABLE}"}`;

/** Requests to the chosen web servers. */
export const accesses = matching('access', chosen(APP_VARIABLE));

/** What the chosen web servers say about themselves. */
export const serverLines = matching('server', chosen(APP_VARIABLE));
