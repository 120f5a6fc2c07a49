import * as units from '@grafana/grafana-foundation-sdk/units';
import { CONTAINER } from '../../../prometheus/rules/pods';
import { orNone, thresholds, timeSeries, type TimeSeriesBuilder } from '../common';
import { toLinesOfPod } from '../to-logs';
import { CONTAINER_LEGEND, highest, ofContainers, percentOf, type Limits } from './selectors';

const rate = (counter: string): string =>
  `sum by (${CONTAINER}) (rate(${counter}${ofContainers()}[$__rate_interval]))`;

const CORES = rate('container_cpu_usage_seconds_total');

/** What the containers compute, and what keeps them from more. */
export const cpu = (limits: Limits): TimeSeriesBuilder[] =>
  [used(), ofRequest(), ofLimit(limits), throttled(limits)].map((panel) =>
    panel.dataLinks([toLinesOfPod()]),
  );

const used = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'CPU, the highest ten',
    description: 'Cores that a container uses.',
    unit: units.Short,
    thresholds: thresholds.none,
    queries: [{ expr: highest(CORES), legend: CONTAINER_LEGEND }],
  }).axisLabel('cores');

const ofRequest = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'CPU of the request, the highest ten',
    description:
      'CPU that a container uses, as a share of what it asked for. Far above 100 % for long, it lives on what others leave it.',
    unit: units.Percent,
    thresholds: thresholds.none,
    queries: [{ expr: highest(percentOf(CORES, 'requests', 'cpu')), legend: CONTAINER_LEGEND }],
  });

const ofLimit = ({ cpu: bound }: Limits): TimeSeriesBuilder =>
  timeSeries({
    title: 'CPU of the limit, the highest ten',
    description:
      'CPU that a container uses, as a share of its limit. Containers without one, as those of Vigil are, do not appear.',
    unit: units.Percent,
    thresholds: thresholds.budget(bound),
    alerts: ['ContainerCpuNearLimit'],
    queries: [
      {
        expr: orNone(highest(percentOf(CORES, 'limits', 'cpu')), 'container'),
        legend: CONTAINER_LEGEND,
      },
    ],
  });

const throttled = ({ throttled: bound }: Limits): TimeSeriesBuilder =>
  timeSeries({
    title: 'CPU throttled, the highest ten',
    description:
      'Periods in which a container was held back at its limit, as a share of those in which it ran. Only one that uses half of its limit as well is the worse for it.',
    unit: units.Percent,
    thresholds: thresholds.budget(bound),
    alerts: ['ContainerCpuThrottled'],
    queries: [
      {
        expr: orNone(
          highest(
            `100 * ${rate('container_cpu_cfs_throttled_periods_total')} / (${rate('container_cpu_cfs_periods_total')} > 0)`,
          ),
          'container',
        ),
        legend: CONTAINER_LEGEND,
      },
    ],
  }).max(100);
