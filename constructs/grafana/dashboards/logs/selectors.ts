import {
  CustomVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { matching } from '../../../loki/selectors';
import { LOG_JOBS, LOG_LEVELS } from '../../../loki/streams';
import { dataSource } from '../common';
import { choice, chosen } from '../frame';
import { LOG_CHOICES } from '../to-logs';

const { namespace: NAMESPACE, app: APP, pod: POD, node: NODE } = LOG_CHOICES;
const LEVEL = 'level';
const SEARCH = 'search';

/** All that comes from containers, a web server's requests among it. */
const ofContainers = (...matchers: readonly string[]): string =>
  anyOf(['container', 'access', 'server'], ...matchers);

const anyOf = (jobs: readonly (keyof typeof LOG_JOBS)[], ...matchers: readonly string[]): string =>
  `{${[`job=~"${jobs.map((job) => LOG_JOBS[job]).join('|')}"`, ...matchers].join(', ')}}`;

/** Whose lines are shown, of which level, and with which words in them. */
export const variables = (): Builder<VariableModel>[] => [
  streamLabel(NAMESPACE, 'Namespace', ofContainers()),
  streamLabel(APP, 'App', ofContainers(chosen(NAMESPACE))),
  // Pods are too many for a label of streams; Prometheus knows them.
  choice({ name: POD, label: 'Pod', of: `kube_pod_info{${chosen(NAMESPACE)}}` }),
  streamLabel(NODE, 'Node', matching('journal')),
  new CustomVariableBuilder(LEVEL)
    .label('Level')
    .values(LOG_LEVELS.join(','))
    .includeAll(true)
    // Matches lines that do not say their level, too.
    .allValue('.*')
    .multi(true)
    .current({ text: 'All', value: '$__all', selected: true }),
  new TextBoxVariableBuilder(SEARCH)
    .label('Search')
    .description(
      'Words or a regular expression (RE2) that lines must match, in upper or lower case.',
    )
    .defaultValue(''),
];

/** Loki's own kind of query for the values of a label; Grafana's code numbers it 1. */
const LABEL_VALUES = 1;

const streamLabel = (name: string, label: string, stream: string): QueryVariableBuilder =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(dataSource('loki'))
    .query({ refId: name, type: LABEL_VALUES, label: name, stream })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ text: 'All', value: '$__all', selected: true });

const searched = `|~ \`(?i)$${SEARCH}\``;

const choices = [NAMESPACE, APP, NODE].map(chosen);

const chosenStreams = matching('container', ...choices);

/** Lines of the chosen pods whose level is one of these. */
export const linesOfLevel = (...levels: readonly (typeof LOG_LEVELS)[number][]): string =>
  `${chosenStreams} | ${chosen(POD)} | level=~"${levels.join('|')}"`;

/** Lines of the chosen pods and levels with the words searched for. */
export const chosenLines = `${chosenStreams} ${searched} | ${chosen(POD)} | ${chosen(LEVEL)}`;

/** Requests to the chosen apps and what these say about themselves, where they are web servers. Requests have no level. */
export const webLines = `${anyOf(['access', 'server'], ...choices)} ${searched} | ${chosen(POD)}`;

/** Lines of the journals of the chosen nodes with the words searched for. */
export const journalLines = `${matching('journal', chosen(NODE))} ${searched}`;

/** Lines of the API server's audit log with the words searched for. */
export const auditLines = `${matching('audit', chosen(NODE))} ${searched}`;
