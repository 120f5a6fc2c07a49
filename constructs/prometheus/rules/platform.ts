import { alert, type Alert, type RuleGroup } from './rule';
import { mean, shareAbove } from './expressions';

/** Seconds that a claim may take, before it is thought of as stuck. */
const PROVISIONING = 300;

/** What every pod needs of the cluster: kubelet, names, volumes. */
export const platform = (): RuleGroup => ({
  name: 'platform',
  rules: [...kubelet, ...coreDns, ...volumes],
});

// Images that are not there and probes that fail are told as what they are, by the rules for containers.
const EXPECTED_FAILURES = 'pull_image|exec_sync|container_status|remove_container';

const renewErrors = (counter: string): string => `increase(${counter}{job="kubelet"}[1h]) > 0`;

const kubelet: readonly Alert[] = [
  alert({
    name: 'KubeletPlegSlow',
    expr: `${mean('kubelet_pleg_relist_duration_seconds', '{job="kubelet"}', 'node')} > 3`,
    for: '5m',
    severity: 'warning',
    service: 'kubelet',
    category: 'platform',
    summary: 'kubelet on {{ $labels.node }} is slow to see its containers.',
    description:
      'Listing them took {{ $value | humanizeDuration }} on average of 10 minutes; it should take far less than 1 s.',
  }),
  alert({
    name: 'KubeletRuntimeErrors',
    expr: `sum by (node, operation_type) (rate(kubelet_runtime_operations_errors_total{job="kubelet",operation_type!~"${EXPECTED_FAILURES}"}[10m])) > 0.1`,
    for: '10m',
    severity: 'warning',
    service: 'kubelet',
    category: 'platform',
    summary: 'The container runtime on {{ $labels.node }} fails at {{ $labels.operation_type }}.',
    description: '{{ $value | printf "%.2f" }} operations fail per second, over 10 minutes.',
  }),
  alert({
    name: 'KubeletCertificateNotRenewed',
    expr: [
      'kubelet_server_expiration_renew_errors',
      'kubelet_certificate_manager_client_expiration_renew_errors',
    ]
      .map(renewErrors)
      .join(' or '),
    for: '5m',
    severity: 'warning',
    service: 'kubelet',
    category: 'platform',
    summary: 'kubelet on {{ $labels.node }} could not renew a certificate of its own.',
    description: '{{ $value | printf "%.0f" }} attempts failed within the last hour.',
  }),
];

const coreDns: readonly Alert[] = [
  alert({
    name: 'CoreDnsErrors',
    // A name that does not exist is NXDOMAIN and normal. A resolver without a way out answers SERVFAIL to the few names
    // outside that anyone asks for, so that a share alone would tell nothing.
    expr: shareAbove({
      part: 'coredns_dns_responses_total{job="core-dns",rcode="SERVFAIL"}',
      whole: 'coredns_dns_responses_total{job="core-dns"}',
      window: '5m',
      by: 'job',
      above: 5,
      floor: 1,
    }),
    for: '10m',
    severity: 'critical',
    service: 'core-dns',
    category: 'platform',
    summary: 'Names are not resolved.',
    description: '{{ $value | printf "%.1f" }} % of the answers of 5 minutes were SERVFAIL.',
  }),
  alert({
    name: 'CoreDnsSlow',
    expr:
      'histogram_quantile(0.95, sum by (job, le) (rate(coredns_dns_request_duration_seconds_bucket{job="core-dns"}[5m]))) > 1' +
      ' and sum by (job) (rate(coredns_dns_request_duration_seconds_count{job="core-dns"}[5m])) > 1',
    for: '10m',
    severity: 'warning',
    service: 'core-dns',
    category: 'platform',
    summary: 'Names are resolved slowly.',
    description:
      'One in twenty answers of 5 minutes took {{ $value | humanizeDuration }} or longer.',
  }),
];

const volumes: readonly Alert[] = [
  alert({
    name: 'VolumeProvisioningFailing',
    expr:
      'kube_persistentvolumeclaim_status_phase{phase="Pending"} == 1 and on (namespace, persistentvolumeclaim)' +
      ` time() - kube_persistentvolumeclaim_created > ${PROVISIONING}`,
    for: '5m',
    severity: 'warning',
    service: '{{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }}',
    category: 'platform',
    summary:
      'The claim {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} gets no volume.',
    description: 'It has been pending for 10 minutes.',
  }),
  alert({
    name: 'VolumeLost',
    expr: 'kube_persistentvolumeclaim_status_phase{phase="Lost"} == 1',
    for: '1m',
    severity: 'critical',
    service: '{{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }}',
    category: 'platform',
    summary: 'The volume of {{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} is gone.',
    description: 'The claim is bound to a volume that has not existed for 1 minute.',
  }),
];
