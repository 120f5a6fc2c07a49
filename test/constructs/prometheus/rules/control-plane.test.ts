import { controlPlane } from '../../../../constructs/prometheus/rules/control-plane';
import { fires, quiet } from '../../../support/rule-scenarios';
import { describeRules } from '../../../support/rule-tests';

const group = controlPlane();
const job = { job: 'api-server' };

const requests = (code: string): string =>
  `apiserver_request_total{job="api-server",instance="apiserver-a",verb="GET",code="${code}"}`;

/** Requests of a minute, so many of them within each bound; all come within 60 s. */
const durations = (
  counts: { within5: number; all: number },
  labels = 'job="api-server",verb="GET"',
) => ({
  [`apiserver_request_duration_seconds_bucket{${labels},le="1"}`]: '0+0x60',
  [`apiserver_request_duration_seconds_bucket{${labels},le="5"}`]: `0+${counts.within5}x60`,
  [`apiserver_request_duration_seconds_bucket{${labels},le="60"}`]: `0+${counts.all}x60`,
  [`apiserver_request_duration_seconds_bucket{${labels},le="+Inf"}`]: `0+${counts.all}x60`,
  [`apiserver_request_duration_seconds_count{${labels}}`]: `0+${counts.all}x60`,
});

const clients = (endingIn7Days: number) => {
  const name = 'apiserver_client_certificate_expiration_seconds_bucket{job="api-server"';
  return {
    [`${name},le="86400"}`]: '0+0x60',
    [`${name},le="604800"}`]: `0+${endingIn7Days}x60`,
    [`${name},le="+Inf"}`]: '0+100x60',
  };
};

const etcdTook = (seconds: number) => ({
  'etcd_request_duration_seconds_sum{job="api-server",operation="get"}': `0+${seconds}x60`,
  'etcd_request_duration_seconds_count{job="api-server",operation="get"}': '0+600x60',
});

describeRules(group, [
  fires(group, 'ApiServerErrors', {
    title: 'fires 5 minutes after more than 5 % of 5 minutes were errors; 4.8 % are none',
    // 29 of 599 in each minute up to the 20th, then 32 of 602.
    series: {
      [requests('200')]: '0+570x60',
      [requests('503')]: '0+29x20 612+32x40',
    },
    quietAt: '26m',
    firesAt: '27m',
    about: [{ labels: job, value: '5.3' }],
  }),
  quiet(group, 'ApiServerErrors', {
    title: 'about a few errors, even where they are all there is',
    series: { [requests('504')]: '0+11x60' },
    at: ['10m', '30m'],
  }),
  fires(group, 'ApiServerSlow', {
    title: 'fires when one in a hundred takes more than 5 s for 10 minutes',
    series: durations({ within5: 593, all: 600 }),
    quietAt: '15m',
    firesAt: '16m',
    about: [{ labels: job, value: '12.86s' }],
  }),
  quiet(group, 'ApiServerSlow', {
    title: 'when almost one in a hundred does, and about logs that someone follows',
    series: {
      ...durations({ within5: 595, all: 600 }),
      ...durations({ within5: 0, all: 600 }, 'job="api-server",verb="GET",subresource="log"'),
    },
    at: ['16m', '40m'],
  }),
  quiet(group, 'ApiServerSlow', {
    title: 'about fewer than 3,000 requests within 15 minutes',
    series: durations({ within5: 0, all: 199 }),
    at: ['16m', '40m'],
  }),
  fires(group, 'ApiClientCertificateExpiring', {
    title: 'fires when more than one request in a hundred shows a certificate of its last week',
    series: clients(2),
    quietAt: '15m',
    firesAt: '16m',
    about: [{ labels: job, value: '4d 0h 0m 0s' }],
  }),
  quiet(group, 'ApiClientCertificateExpiring', {
    title: 'when it is one in a hundred',
    series: clients(1),
    at: ['16m', '40m'],
  }),
  fires(group, 'EtcdErrors', {
    title: 'fires 5 minutes after more than 5 % of 10 minutes were errors; 4.8 % are none',
    series: {
      'etcd_requests_total{job="api-server",operation="get"}': '0+600x60',
      'etcd_request_errors_total{job="api-server",operation="get"}': '0+29x20 613+33x40',
    },
    quietAt: '27m',
    firesAt: '28m',
    about: [{ labels: job, value: '5.4' }],
  }),
  quiet(group, 'EtcdErrors', {
    title: 'about a few errors, even where they are all there is',
    series: {
      'etcd_requests_total{job="api-server",operation="get"}': '0+11x60',
      'etcd_request_errors_total{job="api-server",operation="get"}': '0+11x60',
    },
    at: ['20m', '40m'],
  }),
  fires(group, 'EtcdSlow', {
    title: 'fires after 10 minutes above half a second on average',
    series: etcdTook(301),
    quietAt: '10m',
    firesAt: '11m',
    about: [{ labels: job, value: '501.7ms' }],
  }),
  quiet(group, 'EtcdSlow', {
    title: 'below half a second',
    series: etcdTook(299),
    at: ['11m', '40m'],
  }),
  fires(group, 'EtcdDatabaseLarge', {
    title: 'fires 10 minutes after 80 % of 2 GiB are exceeded by a byte',
    series: {
      'apiserver_storage_size_bytes{job="api-server"}': '1717986918x10 1717986919x30',
    },
    quietAt: '20m',
    firesAt: '21m',
    about: [{ labels: job, value: '1.6Gi' }],
  }),
  fires(group, 'LeaderMissing', {
    title: 'fires after 2 minutes without any leader, and not while one of two leads',
    series: {
      'leader_election_master_status{job="scheduler",instance="a"}': '0x10',
      'leader_election_master_status{job="controller-manager",instance="a"}': '0x10',
      'leader_election_master_status{job="controller-manager",instance="b"}': '1x10',
    },
    quietAt: '1m',
    firesAt: '2m',
    about: [{ labels: { job: 'scheduler' } }],
  }),
  fires(group, 'SchedulerStuck', {
    title: 'fires when pods wait and none is tried; not while it works, and not when none waits',
    series: {
      'scheduler_pending_pods{job="scheduler",instance="stuck",queue="active"}': '3x20',
      'scheduler_schedule_attempts_total{job="scheduler",instance="stuck",result="scheduled"}':
        '7x20',
      'scheduler_pending_pods{job="scheduler",instance="busy",queue="active"}': '3x20',
      'scheduler_schedule_attempts_total{job="scheduler",instance="busy",result="scheduled"}':
        '0+1x20',
      'scheduler_pending_pods{job="scheduler",instance="idle",queue="active"}': '0 1 0x20',
      'scheduler_schedule_attempts_total{job="scheduler",instance="idle",result="scheduled"}':
        '7x20',
    },
    quietAt: '4m',
    firesAt: '5m',
    about: [{ labels: { job: 'scheduler', instance: 'stuck', queue: 'active' }, value: '3' }],
  }),
  fires(group, 'ControllerQueueFull', {
    title: 'fires above 100 waiting for 5 minutes',
    series: {
      'workqueue_depth{job="controller-manager",name="job"}': '101x20',
      'workqueue_depth{job="controller-manager",name="deployment"}': '100x20',
    },
    quietAt: '4m',
    firesAt: '5m',
    about: [{ labels: { job: 'controller-manager', name: 'job' }, value: '101' }],
  }),
]);
