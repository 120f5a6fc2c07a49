import { mean, shareAbove } from './expressions';
import { alert, type Alert, type RuleGroup } from './rule';

/** Bytes: 80 % of what etcd allows itself when it is not told otherwise, 2 GiB (its `--quota-backend-bytes`). */
export const ETCD_LARGE = 0.8 * 2 ** 31;

/** The control plane. That a part of it does not answer at all is TargetDown. */
export const controlPlane = (): RuleGroup => ({
  name: 'control-plane',
  rules: [...apiServer, ...etcd, ...control],
});

/** Requests whose duration says something: whatever follows a log or a shell lasts as long as people look. */
export const REQUESTS = '{job="api-server",subresource!~"log|exec|attach|portforward|proxy"}';

const apiServer: readonly Alert[] = [
  alert({
    name: 'ApiServerErrors',
    expr: shareAbove({
      part: 'apiserver_request_total{job="api-server",code=~"5.."}',
      whole: 'apiserver_request_total{job="api-server"}',
      window: '5m',
      by: 'job',
      above: 5,
      floor: 0.2,
    }),
    for: '5m',
    severity: 'critical',
    service: 'api-server',
    category: 'platform',
    summary: 'The API server answers with errors.',
    description: '{{ $value | printf "%.1f" }} % of all requests of 5 minutes failed with a 5xx.',
  }),
  alert({
    name: 'ApiServerSlow',
    expr:
      `histogram_quantile(0.99, sum by (job, le) (rate(apiserver_request_duration_seconds_bucket${REQUESTS}[15m]))) > 5` +
      // One stall of a disk is no news; so many requests take some minutes.
      ` and sum by (job) (increase(apiserver_request_duration_seconds_count${REQUESTS}[15m])) > 3000`,
    for: '10m',
    severity: 'warning',
    service: 'api-server',
    category: 'platform',
    summary: 'The API server is slow.',
    description:
      'One in a hundred requests of 15 minutes took {{ $value | humanizeDuration }} or longer, watches left out.',
  }),
  alert({
    name: 'ApiClientCertificateExpiring',
    expr: `histogram_quantile(0.01, sum by (job, le) (rate(apiserver_client_certificate_expiration_seconds_bucket{job="api-server"}[15m]))) < ${7 * 86_400}`,
    for: '15m',
    severity: 'warning',
    service: 'api-server',
    category: 'platform',
    summary: 'Someone talks to the API server with a certificate that is about to end.',
    description:
      'One in a hundred requests comes with a client certificate that ends in {{ $value | humanizeDuration }} or less.',
  }),
];

/** Seen from the API server, for etcd's own metrics are on loopback. */
const etcd: readonly Alert[] = [
  alert({
    name: 'EtcdErrors',
    expr: shareAbove({
      part: 'etcd_request_errors_total{job="api-server"}',
      whole: 'etcd_requests_total{job="api-server"}',
      window: '10m',
      by: 'job',
      above: 5,
      floor: 0.2,
    }),
    for: '5m',
    severity: 'critical',
    service: 'etcd',
    category: 'platform',
    summary: 'etcd fails requests of the API server.',
    description: '{{ $value | printf "%.1f" }} % of the requests to etcd of 10 minutes failed.',
  }),
  alert({
    name: 'EtcdSlow',
    expr: `${mean('etcd_request_duration_seconds', '{job="api-server"}', 'job')} > 0.5`,
    for: '10m',
    severity: 'warning',
    service: 'etcd',
    category: 'platform',
    summary: 'etcd is slow.',
    description: 'A request to etcd took {{ $value | humanizeDuration }} on average of 10 minutes.',
  }),
  alert({
    name: 'EtcdDatabaseLarge',
    expr: `max by (job) (apiserver_storage_size_bytes) > ${Math.round(ETCD_LARGE)}`,
    for: '10m',
    severity: 'warning',
    service: 'etcd',
    category: 'platform',
    summary: 'The database of etcd is nearly full.',
    description:
      'It has {{ $value | humanize1024 }}B of the 2 GiB that etcd allows itself unless told otherwise; then it takes no more writes.',
  }),
];

const control: readonly Alert[] = [
  alert({
    name: 'LeaderMissing',
    expr: 'max by (job) (leader_election_master_status{job=~"scheduler|controller-manager"}) == 0',
    for: '2m',
    severity: 'critical',
    service: '{{ $labels.job }}',
    category: 'platform',
    summary: 'No {{ $labels.job }} is at work.',
    description: 'For 2 minutes no instance of {{ $labels.job }} has been the leader.',
  }),
  alert({
    name: 'SchedulerStuck',
    expr:
      'min_over_time(scheduler_pending_pods{job="scheduler",queue="active"}[5m]) > 0' +
      ' unless on (instance) sum by (instance) (rate(scheduler_schedule_attempts_total[5m])) > 0',
    for: '5m',
    severity: 'critical',
    service: 'scheduler',
    category: 'platform',
    summary: 'The scheduler places no pods.',
    description: '{{ $value }} pods are waiting, and none was tried for 5 minutes.',
  }),
  alert({
    name: 'ControllerQueueFull',
    expr: 'min_over_time(workqueue_depth{job="controller-manager"}[10m]) > 100',
    for: '5m',
    severity: 'warning',
    service: 'controller-manager',
    category: 'platform',
    summary: 'The controller-manager does not keep up with {{ $labels.name }}.',
    description:
      'At least {{ $value }} objects have been waiting in {{ $labels.name }} for 10 minutes.',
  }),
];
