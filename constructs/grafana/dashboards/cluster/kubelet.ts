import * as units from '@grafana/grafana-foundation-sdk/units';
import { orNone, thresholds, timeSeries, type TimeSeriesBuilder } from '../common';
import { toLinesOfNode } from '../to-logs';
import { mean } from './selectors';

/** Who runs the pods of each node. */
export const kubelet = (): TimeSeriesBuilder[] =>
  [pods(), relist(), runtimeErrors(), start(), certificates(), apiErrors()].map((panel) =>
    panel.dataLinks([toLinesOfNode()]),
  );

const pods = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Pods by node',
    description: 'Pods that kubelet runs. It takes 110 at most, unless told otherwise.',
    unit: units.Short,
    thresholds: thresholds.none,
    queries: [{ expr: 'max by (node) (kubelet_running_pods)', legend: '{{node}}' }],
  }).span(8);

const relist = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Time to see the containers',
    description:
      'How long kubelet needs to list the containers of its node. While that is slow, it learns late what has stopped.',
    unit: units.DurationSeconds,
    thresholds: thresholds.budget(3),
    alerts: ['KubeletPlegSlow'],
    queries: [
      {
        expr: mean('kubelet_pleg_relist_duration_seconds', '{job="kubelet"}', 'node'),
        legend: '{{node}}',
      },
    ],
  }).span(8);

const runtimeErrors = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Failed operations of the runtime',
    description:
      'Calls to the container runtime that failed, by operation. Some of a pull or an exec are what their caller asked for.',
    unit: units.CountsPerSecond,
    thresholds: thresholds.budget(0.1),
    alerts: ['KubeletRuntimeErrors'],
    queries: [
      {
        expr: orNone(
          'sum by (node, operation_type) (rate(kubelet_runtime_operations_errors_total{job="kubelet"}[$__rate_interval]))',
          'operation_type',
        ),
        legend: '{{node}} {{operation_type}}',
      },
    ],
  }).span(8);

const start = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Time to start a pod',
    description:
      'From when kubelet learns of a pod to when it runs, images included, on average; zero while none is started.',
    unit: units.DurationSeconds,
    thresholds: thresholds.none,
    queries: [
      {
        expr: mean('kubelet_pod_start_duration_seconds', '{job="kubelet"}', 'node'),
        legend: '{{node}}',
      },
    ],
  }).span(8);

const certificates = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Time left of its certificates',
    description:
      'Until the certificates with which kubelet serves and calls the API server end. It renews them itself, long before.',
    unit: units.DurationSeconds,
    thresholds: thresholds.atLeast(1),
    alerts: ['KubeletCertificateNotRenewed'],
    queries: ['server', 'client'].map((side) => ({
      expr: `min by (node) (kubelet_certificate_manager_${side}_ttl_seconds)`,
      legend: `{{node}} ${side}`,
    })),
  }).span(8);

const apiErrors = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Failed calls of the API server',
    description:
      "Kubelet's calls that got no answer or a 5xx. A node that cannot reach the API server is soon thought of as dead.",
    unit: units.RequestsPerSecond,
    thresholds: thresholds.noneAtAll,
    alerts: ['NodeUnreachable'],
    queries: [
      {
        expr: orNone(
          'sum by (node) (rate(rest_client_requests_total{job="kubelet",code=~"5..|<error>"}[$__rate_interval]))',
          'node',
        ),
        legend: '{{node}}',
      },
    ],
  }).span(8);
