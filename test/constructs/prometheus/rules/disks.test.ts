import { disks } from '../../../../constructs/prometheus/rules/disks';
import { parseSettings } from '../../../../constructs/settings';
import { atBoundary } from '../../../support/rule-boundaries';
import { describeRules, firing, ruleNamed, type RuleTest } from '../../../support/rule-tests';

const group = disks(parseSettings({}));
const GB = 1_000_000_000;

const labels = { node: 'busy', device: '/dev/vda', service: 'busy' };

/** A series of one mount of a node's disk. */
const mount = (metric: string, node: string, values: string, mountpoint = '/') => ({
  series: `node_filesystem_${metric}{node="${node}",instance="node-exporter-${node}",device="/dev/vda",fstype="ext4",mountpoint="${mountpoint}"}`,
  values,
});

/**
 * A disk of 120 GB, of which 20 are reserved for root: it is full when 100 are used. It is mounted twice, as a node of
 * kind has it.
 */
const disk = (node: string, used: string, free: string, available: string) =>
  ['/', '/var'].flatMap((mountpoint) => [
    mount('size_bytes', node, used, mountpoint),
    mount('free_bytes', node, free, mountpoint),
    mount('avail_bytes', node, available, mountpoint),
  ]);

const usedSpace = (percent: number, node: string): RuleTest['input_series'] =>
  disk(node, `${120 * GB}x60`, `${(120 - percent) * GB}x60`, `${(100 - percent) * GB}x60`);

/** From this share on it fills by so many GB in an hour, for 10 hours. */
const filling = (percent: number, perHour: number, node: string): RuleTest['input_series'] => {
  const change = `-${(perHour * GB) / 60}x600`;
  return disk(
    node,
    `${120 * GB}x600`,
    `${(120 - percent) * GB}${change}`,
    `${(100 - percent) * GB}${change}`,
  );
};

const fullSoon = (percent: string) =>
  firing(ruleNamed(group, 'NodeDiskFullSoon'), labels, {
    summary: 'Disk /dev/vda of busy will be full within 24h.',
    description: `${percent} % of /dev/vda on busy is used; at the pace of the last 6h it is full within 24h.`,
  });

const readOnly = (node: string) =>
  firing(
    ruleNamed(group, 'NodeFileSystemReadOnly'),
    { ...labels, node, service: node },
    {
      summary: `Disk /dev/vda of ${node} became read-only.`,
      description: `Nothing can be written to /dev/vda on ${node} any more; it was writable before.`,
    },
  );

describeRules(group, [
  atBoundary(group, {
    alert: 'NodeDiskFilling',
    series: usedSpace,
    calm: 75,
    busy: 75.1,
    labels,
    texts: {
      summary: 'Disk /dev/vda of busy is filling.',
      description: '75.1 % of /dev/vda on busy is used; the bound is 75 %.',
    },
  }),
  atBoundary(group, {
    alert: 'NodeDiskAlmostFull',
    series: usedSpace,
    calm: 90,
    busy: 90.1,
    labels,
    texts: {
      summary: 'Disk /dev/vda of busy is almost full.',
      description: '90.1 % of /dev/vda on busy is used; the bound is 90 %.',
    },
  }),
  {
    // 1.5 GB in an hour are 36 GB in a day. After 6 hours and a half, 9.75 GB more are used.
    name: 'NodeDiskFullSoon: half an hour after there are 6 hours to judge by, if what is left is less than the pace of a day',
    interval: '1m',
    input_series: [...filling(54.2, 1.5, 'calm'), ...filling(55.25, 1.5, 'busy')],
    alert_rule_test: [
      { eval_time: '6h29m', alertname: 'NodeDiskFullSoon', exp_alerts: [] },
      { eval_time: '6h30m', alertname: 'NodeDiskFullSoon', exp_alerts: [fullSoon('65.0')] },
    ],
  },
  {
    name: 'NodeDiskFullSoon is quiet while less than half is used, however fast it grows',
    interval: '1m',
    input_series: filling(10, 4, 'busy'),
    alert_rule_test: [
      // It would be full a day later from the beginning, and half is used from 10 hours on.
      { eval_time: '9h', alertname: 'NodeDiskFullSoon', exp_alerts: [] },
    ],
  },
  atBoundary(group, {
    alert: 'NodeInodesLow',
    series: (used, node) => [
      mount('files', node, '1000x60'),
      mount('files_free', node, `${1000 - used}x60`),
    ],
    calm: 900,
    busy: 901,
    labels,
    texts: {
      summary: 'Disk /dev/vda of busy runs out of inodes.',
      description: '90.1 % of the inodes of /dev/vda on busy are used; the bound is 90 %.',
    },
  }),
  {
    name: 'NodeInodesLow is quiet for a file system that has no table of inodes',
    interval: '1m',
    input_series: [mount('files', 'a', '0x60'), mount('files_free', 'a', '0x60')],
    alert_rule_test: [{ eval_time: '30m', alertname: 'NodeInodesLow', exp_alerts: [] }],
  },
  {
    name: 'NodeFileSystemReadOnly: 1 minute after no mount of a disk is writable that was, for as long as it lasts',
    interval: '1m',
    input_series: [
      // By intent, as the image of an operating system is.
      mount('readonly', 'by-intent', '1x300'),
      // A bind mount of a writable disk.
      mount('readonly', 'bind', '0x300', '/var'),
      mount('readonly', 'bind', '1x300', '/usr/lib/modules'),
      mount('readonly', 'faulty', '0x9 1x189 0x60', '/'),
      mount('readonly', 'faulty', '0x9 1x189 0x60', '/var'),
    ],
    alert_rule_test: [
      { eval_time: '10m', alertname: 'NodeFileSystemReadOnly', exp_alerts: [] },
      {
        eval_time: '11m',
        alertname: 'NodeFileSystemReadOnly',
        exp_alerts: [readOnly('faulty')],
      },
      {
        eval_time: '3h19m',
        alertname: 'NodeFileSystemReadOnly',
        exp_alerts: [readOnly('faulty')],
      },
      { eval_time: '3h20m', alertname: 'NodeFileSystemReadOnly', exp_alerts: [] },
    ],
  },
]);
