import { seconds, type Settings } from '../../settings';
import { alert, type Alert, type AlertProps, type RuleGroup } from './rule';

/** Where a device is mounted more than once, it is still one file system. */
const BY = 'by (node, device)';
/** Percent of a file system that is used, by node and device. */
export const USED = 'node_device:node_filesystem_used:percent';
/** Bytes that are left of a file system, by node and device. */
export const AVAILABLE = 'node_device:node_filesystem_avail_bytes:min';

/** Time over which the pace of filling is judged; a system that was just set up has none yet. */
export const PACE = '6h';

type DiskAlert = Omit<AlertProps, 'service' | 'category'>;

const diskAlert = (props: DiskAlert): Alert =>
  alert({ ...props, service: '{{ $labels.node }}', category: 'node' });

/** The file systems of the nodes. */
export function disks({ thresholds: { nodes: limits } }: Settings): RuleGroup {
  return {
    name: 'disks',
    rules: [
      {
        record: USED,
        // As df has it: what is reserved for root is neither used nor to be had.
        expr: `100 * max ${BY} (
  (node_filesystem_size_bytes - node_filesystem_free_bytes)
  / (node_filesystem_size_bytes - node_filesystem_free_bytes + node_filesystem_avail_bytes)
)`,
      },
      { record: AVAILABLE, expr: `min ${BY} (node_filesystem_avail_bytes)` },
      diskAlert({
        name: 'NodeDiskFilling',
        expr: `${USED} > ${limits.diskWarning}`,
        for: '5m',
        severity: 'warning',
        summary: 'Disk {{ $labels.device }} of {{ $labels.node }} is filling.',
        description: used(limits.diskWarning),
      }),
      diskAlert({
        name: 'NodeDiskAlmostFull',
        expr: `${USED} > ${limits.diskCritical}`,
        for: '5m',
        severity: 'critical',
        summary: 'Disk {{ $labels.device }} of {{ $labels.node }} is almost full.',
        description: used(limits.diskCritical),
      }),
      fullSoon(limits.diskFullWithin),
      inodesLow(limits.inodes),
      READ_ONLY,
    ],
  };
}

const used = (bound: number): string =>
  `{{ $value | printf "%.1f" }} % of {{ $labels.device }} on {{ $labels.node }} is used; the bound is ${bound} %.`;

/** A disk that is not even half full has time, whatever the pace of the last hours. */
const fullSoon = (within: string): Alert =>
  diskAlert({
    name: 'NodeDiskFullSoon',
    expr: `${USED} > 50
and predict_linear(${AVAILABLE}[${PACE}], ${seconds(within)}) < 0
and ${AVAILABLE} offset ${PACE}`,
    for: '30m',
    severity: 'warning',
    summary: `Disk {{ $labels.device }} of {{ $labels.node }} will be full within ${within}.`,
    description: `{{ $value | printf "%.1f" }} % of {{ $labels.device }} on {{ $labels.node }} is used; at the pace of the last ${PACE} it is full within ${within}.`,
  });

/** File systems that make inodes as they need them say that they have 0 of 0, which is no number and above no bound. */
const inodesLow = (bound: number): Alert =>
  diskAlert({
    name: 'NodeInodesLow',
    expr: `100 * max ${BY} (1 - node_filesystem_files_free / node_filesystem_files) > ${bound}`,
    for: '5m',
    severity: 'warning',
    summary: 'Disk {{ $labels.device }} of {{ $labels.node }} runs out of inodes.',
    description: `{{ $value | printf "%.1f" }} % of the inodes of {{ $labels.device }} on {{ $labels.node }} are used; the bound is ${bound} %.`,
  });

/**
 * No mount of the device is writable any more. Many file systems are read-only by intent, so it must have been writable
 * within the last hour; the alert itself is the memory of that for as long as it lasts.
 */
const READ_ONLY = diskAlert({
  name: 'NodeFileSystemReadOnly',
  expr: `min ${BY} (node_filesystem_readonly) == 1
and (
  min ${BY} (min_over_time(node_filesystem_readonly[1h])) == 0
  or max ${BY} (max_over_time(ALERTS{alertname="NodeFileSystemReadOnly"}[1h]))
)`,
  for: '1m',
  severity: 'critical',
  summary: 'Disk {{ $labels.device }} of {{ $labels.node }} became read-only.',
  description:
    'Nothing can be written to {{ $labels.device }} on {{ $labels.node }} any more; it was writable before.',
});
