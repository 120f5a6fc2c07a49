import { seconds, type Settings } from '../../settings';
import { PHYSICAL } from './interfaces';
import { OOM_KILLED, withNode } from './pods';
import { alert, type Alert, type AlertProps, type RuleGroup } from './rule';

type NodeAlert = Omit<AlertProps, 'service' | 'category'>;

const nodeAlert = (props: NodeAlert): Alert =>
  alert({ ...props, service: '{{ $labels.node }}', category: 'node' });

/** The nodes themselves: whether they answer, and what they run short of. Their disks are a group of their own. */
export const nodes = ({ thresholds }: Settings): RuleGroup => ({
  name: 'nodes',
  rules: [
    unreachable(),
    cpuBusy(thresholds.nodes),
    memoryLow(thresholds.nodes),
    oomKill(),
    clockSkew(thresholds.nodes),
    networkErrors(thresholds.nodes),
    conntrackFull(thresholds.nodes),
  ],
});

type Limits = Settings['thresholds']['nodes'];

/**
 * One dead exporter makes no dead node: that is TargetDown. Only when kubelet and node-exporter are both silent, or the
 * control plane misses the node, is it gone. It fires a minute before TargetDown, so that it can inhibit that in time.
 */
const unreachable = (): Alert =>
  nodeAlert({
    name: 'NodeUnreachable',
    expr: `max by (node) (kube_node_status_condition{condition="Ready",status="true"}) == 0
or
(max by (node) (up{job="kubelet"}) == 0 and max by (node) (up{job="node-exporter"}) == 0)`,
    for: '1m',
    severity: 'critical',
    summary: 'Node {{ $labels.node }} is unreachable.',
    description:
      '{{ $labels.node }} has not been ready, or nothing on it has answered, for 1 minute.',
  });

/**
 * Counted from what is busy, for a rate over a window that is not yet full is too low: then it errs to the quiet side.
 * The kernel counts waiting for a disk apart from idling, but the CPU is free for others meanwhile.
 */
const cpuBusy = ({ cpuIdle }: Limits): Alert =>
  nodeAlert({
    name: 'NodeCpuBusy',
    expr: `100 - 100 * max by (node) (
  avg by (node, instance) (sum without (mode) (rate(node_cpu_seconds_total{mode!~"idle|iowait"}[5m])))
) < ${cpuIdle}`,
    for: '5m',
    severity: 'warning',
    summary: 'The CPU of {{ $labels.node }} is busy.',
    description: `Only {{ $value | printf "%.1f" }} % of the CPU of {{ $labels.node }} is idle, over 5 minutes; the bound is ${cpuIdle} %.`,
  });

const memoryLow = ({ memoryAvailable }: Limits): Alert =>
  nodeAlert({
    name: 'NodeMemoryLow',
    expr: `100 * max by (node) (node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes) < ${memoryAvailable}`,
    for: '5m',
    severity: 'warning',
    summary: 'The memory of {{ $labels.node }} is low.',
    description: `Only {{ $value | printf "%.1f" }} % of the memory of {{ $labels.node }} is available; the bound is ${memoryAvailable} %.`,
  });

/**
 * The kernel counts every process that it killed, also those that met the limit of their container. Where a container
 * of the node is known to have ended so, ContainerOomKilled says it better; kubelet reports it well within a minute.
 */
const oomKill = (): Alert =>
  nodeAlert({
    name: 'NodeOomKill',
    expr: `max by (node) (increase(node_vmstat_oom_kill[5m])) > 0
unless on (node) (${withNode(OOM_KILLED)})`,
    for: '1m',
    severity: 'warning',
    summary: 'The kernel of {{ $labels.node }} killed a process for want of memory.',
    description:
      'About {{ $value | printf "%.0f" }} processes on {{ $labels.node }} were killed within 5 minutes.',
  });

/**
 * Against Prometheus' own clock at the moment of the scrape. What the kernel says about synchronisation is no help: a
 * virtual machine without NTP has the time of its host.
 */
const clockSkew = ({ clockSkew: bound }: Limits): Alert =>
  nodeAlert({
    name: 'NodeClockSkew',
    expr: `max by (node) (abs(timestamp(node_time_seconds) - node_time_seconds)) > ${seconds(bound)}`,
    for: '2m',
    severity: 'warning',
    summary: 'The clock of {{ $labels.node }} is wrong.',
    description: `{{ $labels.node }} differs by {{ $value | humanizeDuration }} from the clock of Prometheus; the bound is ${bound}.`,
  });

/** The kernel counts a faulty packet as an error and not as a packet too. */
function networkErrors({ networkErrors: bound }: Limits): Alert {
  const rates = (what: string): string =>
    ['receive', 'transmit']
      .map((way) => `rate(node_network_${way}_${what}_total{${PHYSICAL}}[5m])`)
      .join(' + ');
  const errors = `sum by (node, device) (${rates('errs')})`;
  const packets = `sum by (node, device) (${rates('packets')})`;
  return nodeAlert({
    name: 'NodeNetworkErrors',
    expr: `100 * ${errors}\n/\n(${errors} + ${packets})\n> ${bound}`,
    for: '5m',
    severity: 'warning',
    summary: 'Packets of {{ $labels.device }} on {{ $labels.node }} are faulty.',
    description: `{{ $value | printf "%.1f" }} % of the packets of {{ $labels.device }} on {{ $labels.node }} are faulty; the bound is ${bound} %.`,
  });
}

/** A table whose limit is 0 has none. */
const conntrackFull = ({ conntrack }: Limits): Alert =>
  nodeAlert({
    name: 'NodeConntrackFull',
    expr: `100 * max by (node) (node_nf_conntrack_entries / (node_nf_conntrack_entries_limit > 0)) > ${conntrack}`,
    for: '2m',
    severity: 'warning',
    summary: 'The connection-tracking table of {{ $labels.node }} is almost full.',
    description: `{{ $value | printf "%.1f" }} % of the connection-tracking table of {{ $labels.node }} is used; the bound is ${conntrack} %.`,
  });
