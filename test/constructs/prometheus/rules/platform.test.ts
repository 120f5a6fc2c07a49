import { platform } from '../../../../constructs/prometheus/rules/platform';
import { fires, quiet } from '../../../support/rule-scenarios';
import { describeRules } from '../../../support/rule-tests';

const group = platform();

const listing = (node: string, seconds: number) => ({
  [`kubelet_pleg_relist_duration_seconds_sum{job="kubelet",node="${node}"}`]: `0+${seconds}x30`,
  [`kubelet_pleg_relist_duration_seconds_count{job="kubelet",node="${node}"}`]: '0+60x30',
});

const failures = (node: string, operation: string): string =>
  `kubelet_runtime_operations_errors_total{job="kubelet",node="${node}",operation_type="${operation}"}`;

const ofKubelet = (node: string): string => `job="kubelet",instance="${node}",node="${node}"`;

/** Answers of a minute that took less than 0.512, 1.024 and 2.048 s. */
const answers = ([fast, medium, all]: [number, number, number]) => {
  const name = 'coredns_dns_request_duration_seconds';
  return {
    [`${name}_bucket{job="core-dns",le="0.512"}`]: `0+${fast}x30`,
    [`${name}_bucket{job="core-dns",le="1.024"}`]: `0+${medium}x30`,
    [`${name}_bucket{job="core-dns",le="2.048"}`]: `0+${all}x30`,
    [`${name}_bucket{job="core-dns",le="+Inf"}`]: `0+${all}x30`,
    [`${name}_count{job="core-dns"}`]: `0+${all}x30`,
  };
};

const responses = (rcode: string): string =>
  `coredns_dns_responses_total{job="core-dns",rcode="${rcode}"}`;

const claim = (name: string): string => `namespace="shop",persistentvolumeclaim="${name}"`;
const phase = (name: string, of: 'Pending' | 'Lost'): string =>
  `kube_persistentvolumeclaim_status_phase{${claim(name)},phase="${of}"}`;
const created = (name: string): string => `kube_persistentvolumeclaim_created{${claim(name)}}`;

describeRules(group, [
  fires(group, 'KubeletPlegSlow', {
    title: 'fires on the node where listing takes more than 3 s on average',
    series: { ...listing('a', 181), ...listing('b', 179) },
    quietAt: '5m',
    firesAt: '6m',
    about: [{ labels: { node: 'a' }, value: '3.017s' }],
  }),
  fires(group, 'KubeletRuntimeErrors', {
    title: 'fires above one failure in 10 s, image pulls and probes left out',
    series: {
      [failures('a', 'run_podsandbox')]: '0+7x40',
      [failures('b', 'run_podsandbox')]: '0+5x40',
      [failures('b', 'pull_image')]: '0+60x40',
      [failures('b', 'exec_sync')]: '0+60x40',
    },
    quietAt: '18m',
    firesAt: '19m',
    about: [{ labels: { node: 'a', operation_type: 'run_podsandbox' }, value: '0.12' }],
  }),
  fires(group, 'KubeletCertificateNotRenewed', {
    title: 'fires on failures of either certificate',
    series: {
      [`kubelet_server_expiration_renew_errors{${ofKubelet('a')}}`]: '0x10 1x30',
      [`kubelet_server_expiration_renew_errors{${ofKubelet('b')}}`]: '0x40',
      [`kubelet_server_expiration_renew_errors{${ofKubelet('c')}}`]: '0x40',
      [`kubelet_certificate_manager_client_expiration_renew_errors{${ofKubelet('b')}}`]: '0x40',
      [`kubelet_certificate_manager_client_expiration_renew_errors{${ofKubelet('c')}}`]:
        '5x10 7x30',
    },
    quietAt: '15m',
    firesAt: '16m',
    about: [
      { labels: { job: 'kubelet', instance: 'a', node: 'a' }, value: '1' },
      { labels: { job: 'kubelet', instance: 'c', node: 'c' }, value: '2' },
    ],
  }),
  fires(group, 'CoreDnsErrors', {
    title: 'fires 10 minutes after more than 5 % were failures; 4.95 % are none, nor is NXDOMAIN',
    series: {
      [responses('NOERROR')]: '0+900x60',
      [responses('NXDOMAIN')]: '0+1000x60',
      [responses('SERVFAIL')]: '0+99x20 2085+105x40',
    },
    quietAt: '30m',
    firesAt: '31m',
    about: [{ labels: { job: 'core-dns' }, value: '5.2' }],
  }),
  quiet(group, 'CoreDnsErrors', {
    title: 'about one failure in a second, where there is no way out and nothing else is asked',
    series: { [responses('SERVFAIL')]: '0+59x60' },
    at: ['20m', '40m'],
  }),
  fires(group, 'CoreDnsSlow', {
    title: 'fires when one answer in twenty takes more than 1 s',
    series: answers([100, 114, 120]),
    quietAt: '12m',
    firesAt: '13m',
    about: [{ labels: { job: 'core-dns' }, value: '1.024s' }],
  }),
  quiet(group, 'CoreDnsSlow', {
    title: 'when it takes almost 1 s',
    series: answers([100, 115, 120]),
    at: ['13m', '30m'],
  }),
  quiet(group, 'CoreDnsSlow', {
    title: 'when hardly anyone asks',
    series: answers([0, 0, 59]),
    at: ['20m', '30m'],
  }),
  fires(group, 'VolumeProvisioningFailing', {
    title: 'fires when a claim has been pending for 10 minutes, and not for one that was',
    series: {
      [phase('stuck', 'Pending')]: '1x30',
      [created('stuck')]: '0x30',
      [phase('late', 'Pending')]: '1x9 0x30',
      [created('late')]: '0x30',
      [phase('new', 'Pending')]: '1x30',
      [created('new')]: '120x30',
    },
    quietAt: '10m',
    firesAt: '11m',
    about: [{ labels: { namespace: 'shop', persistentvolumeclaim: 'stuck', phase: 'Pending' } }],
  }),
  fires(group, 'VolumeLost', {
    title: 'fires after 1 minute',
    series: { [phase('data', 'Lost')]: '0x4 1x10', [phase('other', 'Lost')]: '0x20' },
    quietAt: '5m',
    firesAt: '6m',
    about: [{ labels: { namespace: 'shop', persistentvolumeclaim: 'data', phase: 'Lost' } }],
  }),
]);
