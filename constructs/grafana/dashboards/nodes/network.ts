import * as units from '@grafana/grafana-foundation-sdk/units';
import { PHYSICAL } from '../../../prometheus/rules/interfaces';
import { recordOf } from '../../../prometheus/rules/traffic';
import { orNone, thresholds, timeSeries, type TimeSeriesBuilder } from '../common';
import { toLinesOfNode } from '../to-logs';
import { onNode, type Limits } from './selectors';

/** What goes through the physical interfaces of the nodes, and the kernel's table of connections. */
export const network = (limits: Limits): TimeSeriesBuilder[] =>
  [
    traffic(limits, 'receive', 'Received'),
    traffic(limits, 'transmit', 'Sent'),
    faulty(limits),
    dropped(),
    conntrack(limits),
    connections(),
  ].map((panel) => panel.dataLinks([toLinesOfNode()]));

const traffic = (
  { traffic: bound }: Limits,
  way: 'receive' | 'transmit',
  title: string,
): TimeSeriesBuilder =>
  timeSeries({
    title,
    description: `What goes through the physical interfaces of each node, as the alert sees it; the bound is ${bound / 1e6} MB/s.`,
    unit: units.BytesPerSecondSI,
    thresholds: thresholds.budget(bound),
    alerts: ['NodeTrafficHigh'],
    queries: [{ expr: `${recordOf(way)}${onNode()}`, legend: '{{node}}' }],
  });

/** Packets of both directions, by node and interface. */
const packets = (what: string): string =>
  `sum by (node, device) (${['receive', 'transmit']
    .map((way) => `rate(node_network_${way}_${what}_total${onNode(PHYSICAL)}[$__rate_interval])`)
    .join(' + ')})`;

const faulty = ({ networkErrors: bound }: Limits): TimeSeriesBuilder =>
  timeSeries({
    title: 'Faulty packets',
    description:
      'The share of packets that an interface received or sent with an error: a cable, a driver, or a wrong duplex mode.',
    unit: units.Percent,
    thresholds: thresholds.budget(bound),
    alerts: ['NodeNetworkErrors'],
    queries: [
      {
        // Nothing at all went through an interface that is not in use, and no share of it is faulty.
        expr: orNone(
          `100 * ${packets('errs')} / (${packets('errs')} + ${packets('packets')} > 0)`,
          'device',
        ),
        legend: '{{node}} {{device}}',
      },
    ],
  });

const dropped = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Dropped packets',
    description:
      'Packets that the kernel threw away, for want of room or because no one wanted them. Some are normal, many come with lost connections.',
    unit: units.PacketsPerSecond,
    thresholds: thresholds.none,
    queries: [{ expr: packets('drop'), legend: '{{node}} {{device}}' }],
  });

const conntrack = ({ conntrack: bound }: Limits): TimeSeriesBuilder =>
  timeSeries({
    title: 'Connection tracking',
    description:
      'Used entries of the table of connections. When it is full, new connections are dropped without a word to anyone.',
    unit: units.Percent,
    thresholds: thresholds.budget(bound),
    alerts: ['NodeConntrackFull'],
    queries: [
      {
        expr: orNone(
          `100 * max by (node) (node_nf_conntrack_entries${onNode()} / (node_nf_conntrack_entries_limit${onNode()} > 0))`,
          'node',
        ),
        legend: '{{node}}',
      },
    ],
  }).max(100);

const connections = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'TCP connections',
    description:
      'Established connections of each node itself, without those of pods that have a network of their own.',
    unit: units.Short,
    thresholds: thresholds.none,
    queries: [
      { expr: `max by (node) (node_netstat_Tcp_CurrEstab${onNode()})`, legend: '{{node}}' },
    ],
  });
