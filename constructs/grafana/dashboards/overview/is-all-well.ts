import { BigValueTextMode, TableCellDisplayMode } from '@grafana/grafana-foundation-sdk/common';
import { MappingType } from '@grafana/grafana-foundation-sdk/dashboard';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { orZero, stat, table, thresholds, type StatBuilder, type TableBuilder } from '../common';
import { firing, firingFromLogs } from '../alerts';
import { inNamespace } from './selectors';

/** A job without targets has no `up` at all, so each one is asked for by name. */
const missing = (jobs: readonly string[]): string =>
  jobs.map((job) => `absent(up{job="${job}"})`).join(' or ');

/** The share of targets that answered their last scrape. */
export const targetsUp = (): StatBuilder =>
  stat({
    title: 'Targets up',
    description: 'The share of all known targets that answered their last scrape.',
    unit: units.PercentUnit,
    thresholds: thresholds.allIsGood,
    queries: [{ expr: 'sum(up) / count(up)', legend: 'up' }],
  });

/** How many of the topology's scrape jobs have no target at all. */
export const jobsMissing = (jobs: readonly string[]): StatBuilder =>
  stat({
    title: 'Scrape jobs missing',
    description: `How many of the ${jobs.length} scrape jobs of the topology have no target at all.`,
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsGood,
    queries: [{ expr: orZero(`count(${missing(jobs)})`), legend: 'missing' }],
  });

/** Firing alerts by severity. */
export const alertsFiring = (): StatBuilder =>
  stat({
    title: 'Alerts firing',
    description:
      'Alerts that fire now: of metrics by severity, without Watchdog, which always fires; and those from logs, as the alert-router was told.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsCalm,
    queries: [
      ...['critical', 'warning'].map((severity) => ({
        expr: orZero(`count(${firing([`severity="${severity}"`])})`),
        legend: severity,
      })),
      { expr: orZero(`sum(${firingFromLogs()})`), legend: 'from logs' },
    ],
  }).textMode(BigValueTextMode.ValueAndName);

/** The share of the wanted pods of our workloads that are ready. */
export const workloadsReady = (): StatBuilder =>
  stat({
    title: 'Workloads ready',
    description:
      'Ready pods as a share of the wanted ones, by kind of workload, in the chosen namespaces.',
    unit: units.PercentUnit,
    thresholds: thresholds.allIsGood,
    queries: [
      ready('Deployments', 'deployment_status_replicas_ready', 'deployment_spec_replicas'),
      ready('StatefulSets', 'statefulset_status_replicas_ready', 'statefulset_replicas'),
      ready(
        'DaemonSets',
        'daemonset_status_number_ready',
        'daemonset_status_desired_number_scheduled',
      ),
    ],
  }).textMode(BigValueTextMode.ValueAndName);

const ready = (legend: string, is: string, wanted: string) => ({
  expr: `sum(kube_${is}${inNamespace()}) / sum(kube_${wanted}${inNamespace()})`,
  legend,
});

/** The share of the cluster's nodes that are ready. */
export const nodesReady = (): StatBuilder =>
  stat({
    title: 'Nodes ready',
    description: 'The share of the nodes that kubelet reports as ready.',
    unit: units.PercentUnit,
    thresholds: thresholds.allIsGood,
    queries: [
      {
        expr: 'sum(kube_node_status_condition{condition="Ready",status="true"}) / count(kube_node_status_condition{condition="Ready",status="true"})',
        legend: 'ready',
      },
    ],
  });

/** Restarts of containers within the last hour. */
export const restarts = (): StatBuilder =>
  stat({
    title: 'Restarts in the last hour',
    description: 'Containers that were restarted within the last hour, in the chosen namespaces.',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsCalm,
    queries: [
      {
        expr: `round(sum(increase(kube_pod_container_status_restarts_total${inNamespace()}[1h])))`,
        legend: 'restarts',
      },
    ],
  });

/** The targets that are down and the jobs without any, by name. */
export const targetsDown = (jobs: readonly string[]): TableBuilder =>
  table({
    title: 'Targets down or missing',
    description:
      'Targets that did not answer their last scrape, and scrape jobs that have no target at all.',
    emptyWhenWell: 'every target answers',
    unit: units.NoUnit,
    thresholds: thresholds.allIsGood,
    queries: [{ expr: `max by (job, instance) (up) == 0 or ${missing(jobs)}` }],
    columns: ['job', 'instance', 'Value'],
  })
    .mappings([
      {
        type: MappingType.ValueToText,
        options: {
          '0': { text: 'down', color: 'red', index: 0 },
          '1': { text: 'missing', color: 'orange', index: 1 },
        },
      },
    ])
    .overrideByName('Value', [
      { id: 'custom.cellOptions', value: { type: TableCellDisplayMode.ColorText } },
      { id: 'displayName', value: 'state' },
    ]);

const BY = 'by (alertname, severity, service)';
const COUNTED = `count ${BY} (${firing()}) or sum ${BY} (${firingFromLogs()})`;

/** The alerts that fire, each with its runbook. */
export const alertsByName = (): TableBuilder =>
  table({
    title: 'Alerts firing by name',
    description:
      'Alerts that fire now, and the file in this repository that says what each means and what to do.',
    emptyWhenWell: 'no alert fires',
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsCalm,
    queries: [
      {
        expr: `label_replace(${COUNTED}, "runbook", "docs/runbooks/$1.md", "alertname", "(.+)")`,
      },
    ],
    columns: ['severity', 'alertname', 'service', 'runbook', 'Value'],
  }).overrideByName('Value', [{ id: 'displayName', value: 'count' }]);
