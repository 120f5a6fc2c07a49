import type { Settings } from '../../settings';
import { WEB_PAGE_JOB } from '../scrape-jobs';
import { alert, type Alert, type Category, type RuleGroup } from './rule';
import { shareAbove } from './expressions';

/** The web servers, from within by their exporters and from outside by probes. Quiet where there are none. */
export const web = ({ thresholds }: Settings): RuleGroup => ({
  name: 'web-servers',
  rules: [
    down('ApacheDown', 'apache', 'Apache'),
    busyWorkers(thresholds.web.busyWorkers),
    down('NginxDown', 'nginx', 'nginx'),
    connectionsDropped,
    pageNotAnswering,
    errors(thresholds.web.errors),
  ],
});

/** An exporter that runs beside its server is gone with it, so that its silence counts as the server's. */
const down = (name: string, job: Extract<Category, 'apache' | 'nginx'>, server: string): Alert =>
  alert({
    name,
    expr: `${job}_up == 0 or up{job="${job}"} == 0`,
    for: '1m',
    severity: 'critical',
    service: job,
    category: job,
    summary: `${server} on {{ $labels.instance }} is down.`,
    description: `For 1 minute neither ${server} nor its exporter has answered, or the exporter has not reached it.`,
  });

const busyWorkers = (percent: number): Alert =>
  alert({
    name: 'ApacheBusyWorkers',
    // The scoreboard has a slot for each worker that there may be, running or not.
    expr:
      '100 * sum by (job, namespace, pod, node, instance) (apache_workers{state="busy"})' +
      ` / sum by (job, namespace, pod, node, instance) (apache_scoreboard) > ${percent}`,
    for: '5m',
    severity: 'warning',
    service: 'apache',
    category: 'apache',
    summary: 'Apache on {{ $labels.instance }} has few workers left.',
    description:
      '{{ $value | printf "%.0f" }} % of its workers are busy; when all are, requests wait.',
  });

const connectionsDropped = alert({
  name: 'NginxConnectionsDropped',
  expr:
    'nginx_connections_accepted - nginx_connections_handled' +
    ' - (nginx_connections_accepted offset 5m - nginx_connections_handled offset 5m) > 0',
  for: '0s',
  severity: 'warning',
  service: 'nginx',
  category: 'nginx',
  summary: 'nginx on {{ $labels.instance }} drops connections.',
  description:
    '{{ $value }} connections were accepted and closed at once within 5 minutes, for want of worker connections.',
});

const pageNotAnswering = alert({
  name: 'WebPageNotAnswering',
  expr: `probe_success{job="${WEB_PAGE_JOB}"} == 0`,
  for: '1m',
  severity: 'critical',
  service: '{{ $labels.component }}',
  category: 'traffic',
  summary: 'The page of {{ $labels.component }} does not answer.',
  description:
    'For 1 minute {{ $labels.instance }}, probed from outside, has refused the connection or not answered with success.',
});

const errors = (percent: number): Alert =>
  alert({
    name: 'WebErrors',
    expr: shareAbove({
      part: 'http_requests_total{code=~"5.."}',
      whole: 'http_requests_total{code!=""}',
      window: '5m',
      by: 'job, namespace',
      above: percent,
      floor: 0.1,
    }),
    for: '5m',
    severity: 'warning',
    service: '{{ $labels.job }}',
    category: 'traffic',
    summary: '{{ $labels.job }} answers with errors.',
    description: '{{ $value | printf "%.1f" }} % of its answers of 5 minutes were a 5xx.',
  });
