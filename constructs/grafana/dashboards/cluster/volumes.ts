import * as units from '@grafana/grafana-foundation-sdk/units';
import { PACE } from '../../../prometheus/rules/disks';
import { BY_VOLUME, usedOfVolumes } from '../../../prometheus/rules/workloads';
import { seconds, type Settings } from '../../../settings';
import {
  barGauge,
  orNone,
  thresholds,
  timeSeries,
  type BarGaugeBuilder,
  type TimeSeriesBuilder,
} from '../common';
import { inNamespace } from './selectors';

const KIND = 'Storage whose driver tells kubelet nothing, such as that of kind, does not appear.';
const AVAILABLE = `kubelet_volume_stats_available_bytes${inNamespace()}`;
const VOLUME = '{{namespace}} {{persistentvolumeclaim}}';

/** How full the volumes are, and how soon they will be. */
export const volumes = ({
  containers,
  nodes,
}: Settings['thresholds']): (BarGaugeBuilder | TimeSeriesBuilder)[] => [
  used(containers),
  leftLater(nodes),
];

const used = ({ volume: bound }: Settings['thresholds']['containers']): BarGaugeBuilder =>
  barGauge({
    title: 'Volumes used',
    description: `Used space of each claimed volume. ${KIND}`,
    unit: units.Percent,
    thresholds: thresholds.budget(bound),
    alerts: ['VolumeFilling'],
    queries: [
      {
        expr: orNone(usedOfVolumes(inNamespace()), 'persistentvolumeclaim'),
        legend: VOLUME,
      },
    ],
  }).max(100);

const leftLater = ({ diskFullWithin }: Settings['thresholds']['nodes']): TimeSeriesBuilder =>
  timeSeries({
    title: `Space left in ${diskFullWithin}`,
    description: `What would be free in ${diskFullWithin} at the pace of the last ${PACE}; zero means full. A volume younger than that has no pace yet, and shows what is free now. ${KIND}`,
    unit: units.BytesIEC,
    thresholds: thresholds.atLeast(1),
    alerts: ['VolumeFullSoon'],
    queries: [
      {
        expr: `clamp_min(max ${BY_VOLUME} (predict_linear(${AVAILABLE}[${PACE}], ${seconds(diskFullWithin)}) and ${AVAILABLE} offset ${PACE}), 0) or max ${BY_VOLUME} (${AVAILABLE})`,
        legend: VOLUME,
      },
    ],
    emptyWhenWell: 'the storage driver reports no usage',
  });
