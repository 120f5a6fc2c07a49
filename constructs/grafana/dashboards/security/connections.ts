import { refusedConnections } from '../../../loki/selectors';
import { streams } from '../../../loki/streams';
import {
  logLines,
  thresholds,
  type LogsBuilder,
  type StatBuilder,
  type TableBuilder,
} from '../common';
import { lineCount, mostFrequent } from '../log-panels';
import { ofRow, toLinesOfApp } from '../to-logs';

/** Who was turned away. What a NetworkPolicy drops leaves no line anywhere, and is not here. */
export const connections = (): readonly (StatBuilder | TableBuilder | LogsBuilder)[] => [
  count(),
  byServer(),
  byPage(),
  newest(),
];

const count = (): StatBuilder =>
  lineCount({
    title: 'Connections refused',
    description:
      'Connections that a server of ours refused in the time shown, for want of a certificate that it trusts or of the right identity. What a NetworkPolicy drops is not among them.',
    alerts: ['IdentityNotAllowed', 'ContainerdCallNotAllowed'],
    thresholds: thresholds.zeroIsCalm,
    lines: refusedConnections,
  }).height(8);

const byServer = (): TableBuilder =>
  mostFrequent({
    title: 'Connections refused, by server',
    description: 'Which servers of ours turned connections away.',
    alerts: ['IdentityNotAllowed', 'ContainerdCallNotAllowed'],
    emptyWhenWell: 'no connection was refused',
    lines: refusedConnections,
    by: ['namespace', 'app', 'container'],
    counted: 'connections',
  })
    .span(10)
    .dataLinks([toLinesOfApp(ofRow)]);

const byPage = (): TableBuilder =>
  mostFrequent({
    title: 'Requests refused by the web servers',
    description: 'Answers that were a 401, 403 or 429, by web server, path and address.',
    emptyWhenWell: 'no request was refused',
    lines: `${streams('access')} | status=~"401|403|429"`,
    by: ['app', 'path', 'status', 'client'],
    counted: 'requests',
  })
    .span(10)
    .dataLinks([toLinesOfApp(ofRow)]);

const newest = (): LogsBuilder =>
  logLines({
    title: 'Connections refused, in the words of the servers',
    description:
      'The newest lines about connections that were refused, with the address that they came from.',
    alerts: ['IdentityNotAllowed', 'ContainerdCallNotAllowed'],
    emptyWhenWell: 'no connection was refused',
    queries: [{ expr: refusedConnections }],
  });
