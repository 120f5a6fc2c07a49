import type { Settings } from '../../settings';
import { windowOf } from './expressions';
import { PHYSICAL } from './interfaces';
import { alert, type Recording, type RuleGroup } from './rule';

const WAYS = { receive: 'receives', transmit: 'sends' } as const;

/** Bytes per second of a node that go one way, through its physical interfaces. */
export const recordOf = (way: string): string => `node:node_network_${way}_bytes:rate`;

/** A rate needs two samples, and one scrape may fail. */
const SCRAPES = 3;

/** What goes through the physical interfaces of the nodes. */
export function traffic({ prometheus, thresholds: { nodes } }: Settings): RuleGroup {
  const window = windowOf(nodes.trafficWindow, SCRAPES, prometheus);
  const recordings = Object.keys(WAYS).map((way): Recording => ({
    record: recordOf(way),
    expr: `sum by (node) (rate(node_network_${way}_bytes_total{${PHYSICAL}}[${window}s]))`,
  }));
  const bothWays = Object.entries(WAYS)
    .map(([way, verb]) => `label_replace(${recordOf(way)}, "does", "${verb}", "", "")`)
    .join(' or ');
  return {
    name: 'traffic',
    rules: [
      ...recordings,
      alert({
        name: 'NodeTrafficHigh',
        expr: `(${bothWays}) > ${nodes.traffic}`,
        // The rate is an average already.
        for: '0s',
        severity: 'warning',
        service: '{{ $labels.node }}',
        category: 'traffic',
        summary: '{{ $labels.node }} {{ $labels.does }} much.',
        description: `{{ $labels.node }} {{ $labels.does }} {{ $value | humanize }}B/s, over ${window} seconds; the bound is ${nodes.traffic / 1e6} MB/s.`,
      }),
    ],
  };
}
