import { alert, type Alert, type AlertProps, type RuleGroup } from '../../prometheus/rules/rule';
import { isPage, type Topology } from '../../topology';
import { streams } from '../streams';
import { countOf } from './expressions';

/** What has stopped to log, and so would not be seen if it were attacked. */
export const silence = (topology: Topology): RuleGroup => ({
  name: 'log-silence',
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

/** Which nodes there are is seen by who has logged before. */
const silentNode = silent({
  expr: `${countOf({ lines: streams('journal'), by: 'node' }, '3h')} unless ${countOf({ lines: streams('journal'), by: 'node' }, '1h')}`,
  for: '1m',
  service: '{{ $labels.node }}',
  summary: 'No journal of node {{ $labels.node }} arrives.',
  description: 'There were {{ $value }} lines within 3 hours, but none of the last hour.',
});
