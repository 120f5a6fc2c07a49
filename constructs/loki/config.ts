import { seconds, type Settings } from '../settings';

/** Where Loki finds what surrounds it: ports and folders of its pod, or of a test. */
export interface LokiSurroundings {
  /** Port of HTTP on loopback. */
  readonly httpPort: number;
  /** Port on loopback through which Loki's parts talk to each other. */
  readonly grpcPort: number;
  /** Folder that outlives the process. */
  readonly data: string;
  /** Folder of rules, with a folder in it for each tenant. */
  readonly rules: string;
  /** URL of Alertmanager. @default none: rules are evaluated, and nobody is told */
  readonly alertmanager?: string;
  /** Where an alert's link leads: Grafana, and what it calls this Loki. @default none: alerts have no link */
  readonly explore?: { readonly url: string; readonly dataSource: string };
}

/** The tenant of a Loki without tenants; the name of its folder of rules. */
export const TENANT = 'fake';

/** Time between two evaluations of the rules, in seconds. */
const EVALUATION_SECONDS = 10;

/** Loki's configuration: one process with one volume, which listens on loopback alone. */
export function lokiConfig({ loki }: Settings, where: LokiSurroundings): object {
  const retention = `${seconds(loki.retention)}s`;
  return {
    auth_enabled: false,
    server: {
      http_listen_address: '127.0.0.1',
      http_listen_port: where.httpPort,
      grpc_listen_address: '127.0.0.1',
      grpc_listen_port: where.grpcPort,
      // At `info` each query is a line, those of the rules among them, and would be collected again.
      log_level: 'warn',
      log_format: 'json',
    },
    common: {
      path_prefix: where.data,
      replication_factor: 1,
      instance_addr: '127.0.0.1',
      ring: { kvstore: { store: 'inmemory' } },
      storage: {
        filesystem: { chunks_directory: `${where.data}/chunks`, rules_directory: where.rules },
      },
    },
    schema_config: {
      configs: [
        {
          from: '2024-04-01',
          store: 'tsdb',
          object_store: 'filesystem',
          schema: 'v13',
          // Retention works on tables of a day only.
          index: { prefix: 'index_', period: '24h' },
        },
      ],
    },
    ingester: {
      // One ingester waits for no other: these make it ready in a second in place of sixteen.
      lifecycler: { min_ready_duration: '0s', join_after: '0s', final_sleep: '0s' },
      chunk_encoding: 'snappy',
      // Lines are taken in any order within half of this time, so a node may be away for an hour and catch up.
      max_chunk_age: '2h',
      wal: { enabled: true, dir: `${where.data}/wal`, replay_memory_ceiling: '200MB' },
    },
    // The querier fetches its work from the frontend at once; by default both look for a scheduler each 10 seconds.
    frontend_worker: { frontend_address: `127.0.0.1:${where.grpcPort}` },
    querier: { max_concurrent: 4 },
    // Loki bounds the series of an answer, and those of each part of a query that it cuts up. Whoever asks a server for
    // thousands of paths would thus break the rules and tables that count them, and one process gains nothing by it.
    query_range: { cache_results: false, parallelise_shardable_queries: false },
    chunk_store_config: {
      chunk_cache_config: { embedded_cache: { enabled: true, max_size_mb: 32 } },
    },
    compactor: {
      working_directory: `${where.data}/compactor`,
      retention_enabled: true,
      delete_request_store: 'filesystem',
    },
    limits_config: {
      retention_period: retention,
      max_query_lookback: retention,
      reject_old_samples: true,
      reject_old_samples_max_age: retention,
      // A node that catches up after an outage sends all that it has kept; beyond these it is told to wait (429).
      ingestion_rate_mb: 16,
      ingestion_burst_size_mb: 32,
      per_stream_rate_limit: '8MB',
      per_stream_rate_limit_burst: '16MB',
      max_global_streams_per_user: 5000,
      max_label_names_per_series: 10,
      max_line_size: '64KB',
      max_line_size_truncate: true,
      allow_structured_metadata: true,
      // The labels are those of streams.ts; Loki would add two of its own making.
      discover_service_name: [],
      discover_log_levels: false,
      query_timeout: '1m',
      // Likewise for a query at one moment, which would be cut up by time.
      split_instant_metric_queries_by_interval: '0s',
    },
    ruler: {
      storage: { type: 'local', local: { directory: where.rules } },
      rule_path: `${where.data}/rules`,
      ...(where.alertmanager && {
        alertmanager_url: where.alertmanager,
        enable_alertmanager_v2: true,
      }),
      ...(where.explore && {
        external_url: where.explore.url,
        datasource_uid: where.explore.dataSource,
      }),
      // For reading: files are the only way in.
      enable_api: true,
      evaluation_interval: `${EVALUATION_SECONDS}s`,
      poll_interval: '30s',
      ring: { kvstore: { store: 'inmemory' } },
    },
    tracing: { enabled: false },
    // By default it reports to its makers.
    analytics: { reporting_enabled: false },
  };
}
