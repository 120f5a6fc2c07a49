import { alert, type Alert, type AlertProps, type RuleGroup } from '../../prometheus/rules/rule';
import { isPage, type Topology } from '../../topology';
import { streams } from '../streams';
import { countOf } from './expressions';

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

const journals = { lines: streams('journal'), by: 'node' };

/** Which nodes there are is known from what they logged before. */
const silentNode = silent({
  expr: `${countOf(journals, '2h')} unless ${countOf(journals, '30m')}`,
  for: '1m',
  service: '{{ $labels.node }}',
  summary: 'No journal of node {{ $labels.node }} arrives.',
  description: 'There were {{ $value }} lines within 2 hours, but none in the last 30 minutes.',
});
