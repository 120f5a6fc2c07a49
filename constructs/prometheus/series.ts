import type { RelabelConfig } from './types';

const drop = (regex: string, ...labels: string[]): RelabelConfig => ({
  source_labels: labels.length > 0 ? labels : ['__name__'],
  regex,
  action: 'drop',
});

const keepOnly = (...names: string[]): RelabelConfig => ({
  source_labels: ['__name__'],
  regex: names.join('|'),
  action: 'keep',
});

/** Every process exports its Go runtime; these few say whether it is well. */
const RUNTIME = [
  'process_.+',
  'go_goroutines',
  'go_memstats_heap_inuse_bytes',
  'go_gc_duration_seconds_count',
];

const containerLabel = (name: string): string => `container_label_io_kubernetes_${name}`;

const fromContainer = (label: string, target: string): RelabelConfig => ({
  source_labels: [containerLabel(label)],
  target_label: target,
});

/** What is kept of each job, for a budget of 20,000 series: half of an API server's are buckets that no one reads. */
export const keptSeries: Readonly<Record<string, readonly RelabelConfig[]>> = {
  // No label of it is dropped: several series would become one, and all but the first of them be rejected.
  'api-server': [
    keepOnly(
      ...RUNTIME,
      'apiserver_request_total',
      'apiserver_request_duration_seconds_(sum|count|bucket)',
      'apiserver_current_inflight_requests',
      'apiserver_flowcontrol_(rejected_requests_total|current_inqueue_requests)',
      'apiserver_storage_(size_bytes|objects)',
      'apiserver_audit_(event|error)_total',
      'apiserver_client_certificate_expiration_seconds_(bucket|count)',
      'apiserver_admission_webhook_rejection_count',
      'authentication_attempts',
      'etcd_request_duration_seconds_(sum|count)',
      'etcd_requests?_(total|errors_total)',
      'kubernetes_build_info',
    ),
    drop(
      'apiserver_request_duration_seconds_bucket;(0\\.005|0\\.025|0\\.05|0\\.2|0\\.4|0\\.6|0\\.8|1\\.25|1\\.5|2|3|4|6|8|10|15|20|30|45)(\\.0)?',
      '__name__',
      'le',
    ),
    drop(
      'apiserver_request_duration_seconds_(sum|count|bucket);(WATCH|CONNECT|LIST)',
      '__name__',
      'verb',
    ),
  ],
  kubelet: [
    keepOnly(
      ...RUNTIME,
      'kubelet_(node_name|running_pods|running_containers|started_pods_total|started_pods_errors_total)',
      'kubelet_(pleg_relist_duration_seconds|pod_worker_duration_seconds|pod_start_duration_seconds)_(sum|count)',
      'kubelet_(runtime_operations_errors_total|evictions|server_expiration_renew_errors)',
      'kubelet_certificate_manager_(client|server)_(ttl_seconds|expiration_renew_errors)',
      'kubelet_volume_stats_(available|capacity|used)_bytes',
      'kubelet_volume_stats_inodes(_free|_used)?',
      'storage_operation_duration_seconds_count',
      'rest_client_requests_total',
      'kubernetes_build_info',
    ),
  ],
  scheduler: [
    keepOnly(
      ...RUNTIME,
      'scheduler_(pending_pods|schedule_attempts_total|pod_scheduling_sli_duration_seconds_(sum|count))',
      'rest_client_requests_total',
      'leader_election_master_status',
    ),
  ],
  'controller-manager': [
    keepOnly(
      ...RUNTIME,
      'workqueue_(depth|adds_total|retries_total)',
      'node_collector_(unhealthy_nodes_in_zone|evictions_total|zone_health|zone_size)',
      'rest_client_requests_total',
      'leader_election_master_status',
    ),
  ],
  'core-dns': [
    keepOnly(
      ...RUNTIME,
      'coredns_dns_(requests|responses)_total',
      'coredns_dns_request_duration_seconds_(sum|count|bucket)',
      'coredns_(panics_total|build_info)',
      'coredns_cache_(hits|misses|entries)(_total)?',
      'coredns_forward_(healthcheck_broken_total|max_concurrent_rejects_total)',
      'coredns_kubernetes_dns_programming_duration_seconds_count',
    ),
  ],
  'node-exporter': [
    drop('node_scrape_collector_.+|node_softnet_.+|node_schedstat_.+|node_cpu_guest_seconds_total'),
  ],
  cadvisor: [
    drop(
      'container_(tasks_state|memory_failures_total|memory_mapped_file|blkio_device_usage_total|fs_.+_(merged|sector|time_seconds).*|network_tcp6?_usage_total|network_udp6?_usage_total|spec_cpu_shares|health_state)',
    ),
    // A node's own file systems are told by node-exporter.
    drop('container_fs_.+;', '__name__', containerLabel('pod_name')),
    // A pod's sandbox has its network, and nothing else that anyone looks at.
    drop(
      'container_(cpu|memory|fs|blkio|spec|last|start|file|sockets|threads|ulimits|processes|oom|pressure)_.+;.+;',
      '__name__',
      containerLabel('pod_name'),
      containerLabel('container_name'),
    ),
    fromContainer('pod_name', 'pod'),
    fromContainer('pod_namespace', 'namespace'),
    fromContainer('container_name', 'container'),
    { regex: 'container_label_io_kubernetes_.+|image|name', action: 'labeldrop' },
  ],
  prometheus: [
    drop(
      'prometheus_(sd_|http_request_duration_seconds_bucket|http_response_size_bytes_bucket|tsdb_compaction_chunk_.+|remote_.+|target_sync_.+_bucket).*|net_conntrack_.+|go_(gc_|memstats_|sched_|cpu_|sync_).+',
    ),
  ],
  grafana: [
    keepOnly(
      ...RUNTIME,
      'grafana_build_info',
      'grafana_http_request_duration_seconds_(sum|count)',
      'grafana_datasource_request_(total|duration_seconds_(sum|count))',
      'grafana_stat_active_users',
      'grafana_api_login_post_total',
    ),
  ],
  apache: [keepOnly(...RUNTIME, 'apache_.+')],
  nginx: [keepOnly(...RUNTIME, 'nginx_.+')],
  'certificate-expiry': [
    keepOnly(
      'probe_(success|duration_seconds|ssl_earliest_cert_expiry|ssl_last_chain_info|tls_version_info)',
    ),
  ],
  'web-page': [keepOnly('probe_(success|duration_seconds|http_status_code|http_duration_seconds)')],
  alertmanager: [drop('alertmanager_http_.+_bucket|go_(gc_|memstats_|sched_|cpu_).+')],
  loki: [
    keepOnly(
      ...RUNTIME,
      'loki_build_info',
      'loki_request_duration_seconds_(sum|count)',
      'loki_distributor_(bytes|lines)_received_total',
      'loki_distributor_lag_ms_total',
      'loki_discarded_(samples|bytes)_total',
      'loki_ingester_(memory_streams|memory_chunks|wal_disk_full_failures_total)',
      'loki_compactor_apply_retention_last_successful_run_timestamp_seconds',
      'loki_ruler_config_last_reload_successful',
      'loki_prometheus_rule_(evaluations|evaluation_failures)_total',
      'loki_prometheus_rule_group_(last_duration|interval)_seconds',
      'loki_prometheus_notifications_.+_total',
    ),
  ],
  alloy: [
    keepOnly(
      ...RUNTIME,
      'alloy_build_info',
      'alloy_config_last_load_successful',
      'alloy_component_controller_running_components',
      'loki_write_(sent|dropped)_(entries|bytes)_total',
      'loki_write_batch_retries_total',
      'loki_write_request_duration_seconds_(sum|count|bucket)',
      'loki_source_file_(read_lines_total|files_active_total)',
      'loki_source_journal_target_lines_total',
      'loki_process_cri_lines_truncated_total',
    ),
  ],
};
