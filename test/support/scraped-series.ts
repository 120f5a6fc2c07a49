import { prometheusConfig } from '../../constructs/prometheus/config';
import { EXPIRY_JOB, WEB_PAGE_JOB } from '../../constructs/prometheus/scrape-jobs';
import type { RelabelConfig } from '../../constructs/prometheus/types';
import { parseSettings } from '../../constructs/settings';
import { buildTopology } from '../../constructs/topology';
import { chartOf, onlyPods } from './stack';

/** The jobs that bring the series whose names begin so; of several, the longest beginning counts. */
const JOBS: Readonly<Record<string, readonly string[]>> = {
  alert_router_: ['alert-router'],
  alertmanager_: ['alertmanager'],
  apache_: ['apache'],
  apiserver_: ['api-server'],
  app_: ['sample-app'],
  blackbox_: ['blackbox-exporter'],
  container_: ['cadvisor'],
  coredns_: ['core-dns'],
  etcd_: ['api-server'],
  grafana_: ['grafana'],
  http_: ['sample-app'],
  kube_: ['kube-state-metrics'],
  kubelet_: ['kubelet'],
  leader_election_: ['scheduler', 'controller-manager'],
  login_: ['sample-app'],
  loki_: ['loki'],
  loki_source_: ['alloy'],
  loki_write_: ['alloy'],
  nginx_: ['nginx'],
  node_: ['node-exporter'],
  probe_: [EXPIRY_JOB, WEB_PAGE_JOB],
  prometheus_: ['prometheus'],
  rest_client_: ['kubelet', 'scheduler', 'controller-manager'],
  scheduler_: ['scheduler'],
  vigil_certificate_: ['certificate-controller'],
  workqueue_: ['controller-manager'],
};

/** Series that Prometheus makes itself, and one that every process tells. */
const EVERYWHERE = /^(up|ALERTS|scrape_.+|process_.+)$/;

const KEYWORDS = new Set([
  'and',
  'or',
  'unless',
  'bool',
  'offset',
  'on',
  'ignoring',
  'by',
  'without',
  'group_left',
  'group_right',
]);

/** The names of the series that an expression of PromQL selects. */
export function seriesOf(expr: string): string[] {
  const bare = expr
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(on|ignoring|by|without|group_left|group_right) ?\([^)]*\)/g, ' ');
  return [...bare.matchAll(/(?<![\w:])[a-zA-Z_:][\w:]*(?!\w*\s*\()/g)]
    .map(([name]) => name)
    .filter((name) => !KEYWORDS.has(name));
}

/** Names of the series that come with a scrape: neither made by Prometheus nor recorded by a rule. */
export const scrapedSeriesOf = (exprs: readonly string[]): string[] => [
  ...new Set(
    exprs.flatMap(seriesOf).filter((name) => !EVERYWHERE.test(name) && !name.includes(':')),
  ),
];

/** The jobs that may bring a series; none when its name is not known. */
export function jobsOf(name: string): readonly string[] {
  const [longest] = Object.keys(JOBS)
    .filter((beginning) => name.startsWith(beginning))
    .sort((a, b) => b.length - a.length);
  return longest === undefined ? [] : (JOBS[longest] ?? []);
}

const settings = parseSettings({});
const { scrape_configs: scrapes } = prometheusConfig(settings, buildTopology(settings));

const byNameOnly = ({ source_labels: labels }: RelabelConfig): boolean =>
  labels?.length === 1 && labels[0] === '__name__';

/** Whether a job is there, and all of its relabelling that goes by the name alone lets a series pass. */
export function isKept(name: string, job: string): boolean {
  const scrape = scrapes.find(({ job_name: each }) => each === job);
  return (
    scrape !== undefined &&
    (scrape.metric_relabel_configs ?? [])
      .filter(byNameOnly)
      .every(
        ({ regex = '', action }) => new RegExp(`^(?:${regex})$`).test(name) === (action === 'keep'),
      )
  );
}

const collector = onlyPods(chartOf('kube-state-metrics')).containers[0];

/** The list that kube-state-metrics gets with a flag. */
const listOf = (flag: string): string[] =>
  collector?.args
    ?.find((arg) => arg.startsWith(`--${flag}=`))
    ?.slice(flag.length + 3)
    .split(',') ?? [];

const objects = listOf('resources').map((resource) => resource.replace(/s$/, ''));
const denied = listOf('metric-denylist').map((regex) => new RegExp(regex));

/** Whether kube-state-metrics is told to make a series. */
export const isCollected = (name: string): boolean =>
  objects.includes(name.split('_')[1] ?? '') && !denied.some((regex) => regex.test(name));
