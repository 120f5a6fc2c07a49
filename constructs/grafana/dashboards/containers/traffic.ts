import * as units from '@grafana/grafana-foundation-sdk/units';
import { CONTAINER } from '../../../prometheus/rules/pods';
import { thresholds, timeSeries, type TimeSeriesBuilder } from '../common';
import { toLinesOfPod } from '../to-logs';
import { CONTAINER_LEGEND, highest, ofContainers, ofPods } from './selectors';

/** What the pods send to each other, and what their containers read and write. */
export const traffic = (): TimeSeriesBuilder[] =>
  [
    network('receive', 'Received'),
    network('transmit', 'Sent'),
    disk('reads', 'Read from disks'),
    disk('writes', 'Written to disks'),
  ].map((panel) => panel.dataLinks([toLinesOfPod()]));

const network = (way: 'receive' | 'transmit', title: string): TimeSeriesBuilder =>
  timeSeries({
    title: `${title}, the highest ten`,
    description:
      "Traffic of a pod. Pods with the network of their node are left out, for their counters are the node's.",
    unit: units.BytesPerSecondSI,
    thresholds: thresholds.none,
    queries: [
      {
        expr: highest(
          `sum by (namespace, pod) (rate(container_network_${way}_bytes_total${ofPods()}[$__rate_interval])) unless on (namespace, pod) kube_pod_info{host_network="true"}`,
        ),
        legend: '{{pod}}',
      },
    ],
  });

const disk = (what: 'reads' | 'writes', title: string): TimeSeriesBuilder =>
  timeSeries({
    title: `${title}, the highest ten`,
    description:
      'Bytes that reach a device on behalf of a container; what the page cache answers or still holds is not among them.',
    emptyWhenWell: 'nodes with cgroups of version 1 may not count them by container',
    unit: units.BytesPerSecondIEC,
    thresholds: thresholds.none,
    queries: [
      {
        expr: highest(
          `sum by (${CONTAINER}) (rate(container_fs_${what}_bytes_total${ofContainers()}[$__rate_interval]))`,
        ),
        legend: CONTAINER_LEGEND,
      },
    ],
  });
