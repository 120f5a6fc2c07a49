import * as units from '@grafana/grafana-foundation-sdk/units';
import { AVAILABLE, PACE, USED } from '../../../prometheus/rules/disks';
import { seconds } from '../../../settings';
import {
  barGauge,
  orNone,
  thresholds,
  timeSeries,
  type BarGaugeBuilder,
  type TimeSeriesBuilder,
} from '../common';
import { toLinesOfNode } from '../to-logs';
import { onNode, type Limits } from './selectors';

/** The file systems of the nodes, and the devices below them. */
export const disks = (limits: Limits): (BarGaugeBuilder | TimeSeriesBuilder)[] =>
  [used(limits), usedOverTime(limits), leftLater(limits), inodes(limits), busy(), throughput()].map(
    (panel) => panel.dataLinks([toLinesOfNode()]),
  );

const USED_ALERTS = ['NodeDiskFilling', 'NodeDiskAlmostFull'];

const used = ({ diskWarning, diskCritical }: Limits): BarGaugeBuilder =>
  barGauge({
    title: 'Disk space used',
    description: 'Used space of each file system now, as df shows it.',
    unit: units.Percent,
    thresholds: thresholds.rising(diskWarning, diskCritical),
    alerts: USED_ALERTS,
    queries: [{ expr: `${USED}${onNode()}`, legend: '{{node}} {{device}}' }],
  }).max(100);

const usedOverTime = ({ diskWarning, diskCritical }: Limits): TimeSeriesBuilder =>
  timeSeries({
    title: 'Disk space used over time',
    description: 'The same over time: steps are deployments or images, a slope is what fills it.',
    unit: units.Percent,
    thresholds: thresholds.rising(diskWarning, diskCritical),
    alerts: USED_ALERTS,
    queries: [{ expr: `${USED}${onNode()}`, legend: '{{node}} {{device}}' }],
  }).max(100);

const leftLater = ({ diskFullWithin }: Limits): TimeSeriesBuilder =>
  timeSeries({
    title: `Disk space left in ${diskFullWithin}`,
    description: `What would be free in ${diskFullWithin} at the pace of the last ${PACE}; zero means full. A system younger than that has no pace yet, and shows what is free now.`,
    unit: units.BytesIEC,
    thresholds: thresholds.atLeast(1),
    alerts: ['NodeDiskFullSoon'],
    queries: [
      {
        expr: `clamp_min(predict_linear(${AVAILABLE}${onNode()}[${PACE}], ${seconds(diskFullWithin)}) and ${AVAILABLE}${onNode()} offset ${PACE}, 0) or ${AVAILABLE}${onNode()}`,
        legend: '{{node}} {{device}}',
      },
    ],
  });

const inodes = ({ inodes: bound }: Limits): TimeSeriesBuilder =>
  timeSeries({
    title: 'Inodes used',
    description:
      'Files that a file system has room for, whatever their size. One that makes inodes as it needs them is left out.',
    unit: units.Percent,
    thresholds: thresholds.budget(bound),
    alerts: ['NodeInodesLow'],
    queries: [
      {
        expr: orNone(
          `100 * max by (node, device) (1 - node_filesystem_files_free${onNode()} / (node_filesystem_files${onNode()} > 0))`,
          'device',
        ),
        legend: '{{node}} {{device}}',
      },
    ],
  }).max(100);

const busy = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Disks busy',
    description:
      'The share of time in which a device had something to do. Near 100 % it is the brake, and etcd is the first to feel it.',
    unit: units.Percent,
    thresholds: thresholds.rising(80, 95),
    queries: [
      {
        expr: `100 * max by (node, device) (rate(node_disk_io_time_seconds_total${onNode()}[$__rate_interval]))`,
        legend: '{{node}} {{device}}',
      },
    ],
  }).max(100);

const throughput = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Disk reads and writes',
    description: 'Bytes that the devices of each node read and write.',
    unit: units.BytesPerSecondIEC,
    thresholds: thresholds.none,
    queries: [
      { what: 'read', legend: '{{node}} reads' },
      { what: 'written', legend: '{{node}} writes' },
    ].map(({ what, legend }) => ({
      expr: `sum by (node) (rate(node_disk_${what}_bytes_total${onNode()}[$__rate_interval]))`,
      legend,
    })),
  });
