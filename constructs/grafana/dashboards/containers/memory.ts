import * as units from '@grafana/grafana-foundation-sdk/units';
import { CONTAINER } from '../../../prometheus/rules/pods';
import { thresholds, timeSeries, type TimeSeriesBuilder } from '../common';
import { toLinesOfPod } from '../to-logs';
import { CONTAINER_LEGEND, highest, ofContainers, percentOf, type Limits } from './selectors';

const WORKING_SET = `max by (${CONTAINER}) (container_memory_working_set_bytes${ofContainers()})`;

/** What the containers hold in memory. */
export const memory = (limits: Limits): TimeSeriesBuilder[] =>
  [used(), ofLimit(limits)].map((panel) => panel.dataLinks([toLinesOfPod()]));

const used = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Memory, the highest ten',
    description:
      'Working set of a container: what its limit counts, and what the kernel cannot take back.',
    unit: units.BytesIEC,
    thresholds: thresholds.none,
    queries: [{ expr: highest(WORKING_SET), legend: CONTAINER_LEGEND }],
  });

const ofLimit = ({ memory: bound }: Limits): TimeSeriesBuilder =>
  timeSeries({
    title: 'Memory of the limit, the highest ten',
    description:
      'Working set of a container as a share of its limit; at 100 % the kernel kills it.',
    unit: units.Percent,
    thresholds: thresholds.budget(bound),
    alerts: ['ContainerMemoryNearLimit', 'ContainerOomKilled'],
    queries: [
      { expr: highest(percentOf(WORKING_SET, 'limits', 'memory')), legend: CONTAINER_LEGEND },
    ],
  });
