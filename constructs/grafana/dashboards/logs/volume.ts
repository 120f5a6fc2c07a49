import { LOG_JOBS } from '../../../loki/streams';
import { thresholds, type StatBuilder, type TableBuilder, type TimeSeriesBuilder } from '../common';
import { lineCount, lineCounts, mostFrequent } from '../log-panels';
import { chosenLines, linesOfLevel } from './selectors';

/** Every stream there is. */
const EVERYTHING = `{job=~"${Object.values(LOG_JOBS).join('|')}"}`;

const ERRORS = linesOfLevel('error', 'critical');

/** How much is logged, where, and how bad it is. */
export const volume = (): readonly (StatBuilder | TimeSeriesBuilder | TableBuilder)[] => [
  byJob(),
  byApp(),
  byLevel(),
  warnings(),
  errorCount(),
  errors(),
  loudest(),
];

const byJob = (): TimeSeriesBuilder =>
  lineCounts({
    title: 'Lines by source',
    description:
      'All lines in each step of the graph: containers, requests to the web servers, what these say, journals of the nodes, and the audit log where there is one. A source that stops is broken, for none is ever silent.',
    alerts: ['LogsSilent'],
    lines: EVERYTHING,
    by: 'job',
  });

const byApp = (): TimeSeriesBuilder =>
  lineCounts({
    title: 'Lines by app',
    description: 'Lines of the chosen containers in each step of the graph, by app.',
    lines: chosenLines,
    by: 'app',
  });

const byLevel = (): TimeSeriesBuilder =>
  lineCounts({
    title: 'Lines by level',
    description:
      'Lines of the chosen containers in each step of the graph, by level; one without a name is of lines that do not say theirs.',
    lines: chosenLines,
    by: 'level',
  });

const warnings = (): TimeSeriesBuilder =>
  lineCounts({
    title: 'Warnings and errors by app',
    description: 'Lines of the chosen apps that are a warning or worse.',
    alerts: ['ApplicationErrors'],
    emptyWhenWell: 'no app has had anything to warn about',
    lines: linesOfLevel('warning', 'error', 'critical'),
    by: 'app',
  });

const errorCount = (): StatBuilder =>
  lineCount({
    title: 'Errors',
    description: 'Lines of the chosen apps that are an error or worse, in the time shown.',
    alerts: ['ApplicationErrors'],
    thresholds: thresholds.zeroIsCalm,
    lines: ERRORS,
  }).height(8);

const errors = (): TableBuilder =>
  mostFrequent({
    title: 'Errors by pod',
    description: 'The pods of the chosen apps with most lines that are an error or worse.',
    alerts: ['ApplicationErrors'],
    emptyWhenWell: 'no app has had an error',
    lines: ERRORS,
    by: ['namespace', 'pod', 'level'],
    counted: 'lines',
  }).span(10);

const loudest = (): TableBuilder =>
  mostFrequent({
    title: 'Loudest containers',
    description: 'The containers of the chosen namespaces that log most.',
    lines: chosenLines,
    by: ['namespace', 'app', 'container'],
    counted: 'lines',
  }).span(10);
