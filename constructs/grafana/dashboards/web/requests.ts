import * as units from '@grafana/grafana-foundation-sdk/units';
import {
  logLines,
  thresholds,
  timeSeries,
  type LogsBuilder,
  type TableBuilder,
  type TimeSeriesBuilder,
} from '../common';
import { lineCounts, mostFrequent, ranking } from '../log-panels';
import { ofRow, toLinesOfApp } from '../to-logs';
import { accesses, serverLines } from './selectors';

/** Each request is a line of an access log; who asked for what, and how it went, is in its metadata. */
export const requests = (): readonly (TimeSeriesBuilder | TableBuilder | LogsBuilder)[] => [
  byStatus(),
  slowness(),
  slowestPaths(),
  clients(),
  notFound(),
  refused(),
  problems(),
];

const byStatus = (): TimeSeriesBuilder =>
  lineCounts({
    title: 'Requests by class of status',
    description:
      'Requests in each step of the graph: 2xx is success, 3xx leads elsewhere, 4xx is the fault of who asked, 5xx is ours.',
    alerts: ['WebErrorRatio', 'WebErrors', 'LogsSilent'],
    lines: `${accesses} | label_format class=\`{{ substr 0 1 .status }}xx\``,
    by: 'class',
  });

const slowness = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Duration of requests',
    description: 'What the slowest 5 % of the requests to each web server exceed.',
    source: 'loki',
    unit: units.Milliseconds,
    thresholds: thresholds.none,
    queries: [
      {
        expr: `quantile_over_time(0.95, ${accesses} | unwrap duration_ms | __error__="" [$__interval]) by (app)`,
        legend: '{{app}}',
      },
    ],
  })
    .interval('30s')
    .dataLinks([toLinesOfApp()]);

const slowestPaths = (): TableBuilder =>
  ranking({
    title: 'Slowest paths',
    description: 'The paths whose slowest request took longest.',
    expr: `topk(10, max_over_time(${accesses} | status!="404" | unwrap duration_ms | __error__="" [$__range]) by (app, path))`,
    by: ['app', 'path'],
    value: 'longest',
    unit: units.Milliseconds,
  }).dataLinks([toLinesOfApp(ofRow)]);

const clients = (): TableBuilder =>
  mostFrequent({
    title: 'Most frequent clients',
    description:
      "Who asks most. The addresses are those that the web servers see; the blackbox exporter, which probes the pages, is one of them, and who comes through a node's port bears the node's address.",
    alerts: ['WebScan', 'ScannerProbe', 'PathTraversalProbe', 'ShellshockProbe'],
    lines: accesses,
    by: ['client', 'user_agent'],
    counted: 'requests',
  });

const notFound = (): TableBuilder =>
  mostFrequent({
    title: 'Paths that are not there',
    description:
      'What was asked for most and answered with 404: a broken link, or someone who tries doors.',
    alerts: ['WebScan', 'ScannerProbe', 'PathTraversalProbe'],
    emptyWhenWell: 'nobody has asked for what is not there',
    lines: `${accesses} | status="404"`,
    by: ['app', 'path', 'client'],
    counted: 'requests',
  }).dataLinks([toLinesOfApp(ofRow)]);

const refused = (): TableBuilder =>
  mostFrequent({
    title: 'Errors by path',
    description: 'Paths whose answers were a 5xx, an error of the server.',
    alerts: ['WebErrorRatio', 'WebErrors'],
    emptyWhenWell: 'no answer was a 5xx',
    lines: `${accesses} | status=~"5.."`,
    by: ['app', 'path', 'status'],
    counted: 'answers',
  }).dataLinks([toLinesOfApp(ofRow)]);

const problems = (): LogsBuilder =>
  logLines({
    title: 'What the web servers say',
    description: 'The error logs of the chosen web servers, starts and renewals among them.',
    emptyWhenWell: 'no web server had anything to say',
    queries: [{ expr: serverLines }],
  });
