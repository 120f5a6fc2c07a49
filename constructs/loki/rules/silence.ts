import { alert, type Alert, type AlertProps, type RuleGroup } from '../../prometheus/rules/rule';
import { isPage, type Topology } from '../../topology';
import { streams } from '../streams';
import { countOf, type Lines } from './expressions';

/** What has stopped to log, and so would not be seen if it were attacked. */
export const silence = (topology: Topology): RuleGroup => ({
  name: 'log-silence',
  // It looks back for long, and there is no hurry.
  interval: '1m',
  rules: [
    ...topology.components
      .filter(isPage)
      .map(({ name, namespace }) => silentServer(name, namespace)),
    silentNode,
    silentApiServer,
  ],
});

const silent = (props: Omit<AlertProps, 'name' | 'severity' | 'category'>): Alert =>
  alert({ ...props, name: 'LogsSilent', severity: 'warning', category: 'log' });

/** Each web server is probed several times a minute, so that there is always a line. */
const silentServer = (app: string, namespace: string): Alert =>
  silent({
    expr: `absent_over_time(${streams('access', { namespace, app })}[5m])`,
    // After a start there is nothing yet.
    for: '5m',
    service: app,
    summary: `No access log of ${app} arrives.`,
    description: `For 5 minutes there was no line, though ${app} is probed several times a minute.`,
  });

/** For so many hours it is remembered who has logged. */
const MEMORY = 24;

/**
 * Who logged within a day: in the last hour, or within 5 minutes of any hour before. Loki reads every line that it
 * counts, and these are those of 3 hours; whoever logged for an hour without a long pause is among them.
 */
const ofADay = (lines: Lines): string =>
  [
    countOf(lines, '1h'),
    ...Array.from({ length: MEMORY }, (_, index) => countOf(lines, '5m', `${index + 1}h`)),
  ].join(' or ');

/** A source that had lines within a day, and has none any more: who there is, is known from what he logged before. */
const stopped = (
  lines: Lines,
  { service, summary }: Pick<AlertProps, 'service' | 'summary'>,
): Alert =>
  silent({
    expr: `(${ofADay(lines)}) unless ${countOf(lines, '30m')}`,
    for: '1m',
    service,
    summary,
    description: `There were lines within the last ${MEMORY} hours, but none in the last 30 minutes. It ends when lines come again, and after ${MEMORY} hours in any case.`,
  });

const silentNode = stopped(
  { lines: streams('journal'), by: 'node' },
  { service: '{{ $labels.node }}', summary: 'No journal of node {{ $labels.node }} arrives.' },
);

/**
 * Our policy writes a line each 10 minutes at least: the controller manager watches Secrets, and begins anew after 5 to
 * 10 minutes (client-go). Only the one that leads does so, hence not by node.
 */
const silentApiServer = stopped(
  { lines: streams('audit'), by: 'job' },
  { service: 'api-server', summary: 'No audit log of the API server arrives.' },
);
