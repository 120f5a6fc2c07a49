import type { LINE_METADATA } from '../loki/streams';
import { LOG_JOBS } from '../loki/streams';
import { isPage, type Topology } from '../topology';
import type { ClientTlsConfig } from '../kubernetes';
import { levelStages } from './levels';
import { redactionStages } from './redaction';
import {
  block,
  component,
  environment,
  expression,
  exportOf,
  toAlloy,
  type Block,
  type Expression,
} from './syntax';

/** Labels of a target as the discovery of pods gives them, `__meta_kubernetes_…`. */
export type DiscoveredPod = Readonly<Record<string, string>>;

/** What Alloy finds around it: the folders of its node and Loki, or those of a test. */
export interface AlloySurroundings {
  /** Folder of the node's logs, with the folder `pods` in it. */
  readonly logs: string;
  /** Folders of journals; one that is not there is passed over. */
  readonly journals: readonly string[];
  readonly auditLog: string;
  readonly loki: {
    /** Where lines are pushed to. */
    readonly url: string;
    readonly tls: ClientTlsConfig;
  };
  /** Targets in place of those that the API server knows. @default the pods of the node */
  readonly pods?: readonly DiscoveredPod[];
}

/** Environment variable with the name of the node. */
export const NODE_NAME = 'NODE_NAME';

/** The least that Alloy must be allowed: `queue_config` is experimental (1.19), all else is generally available. */
export const STABILITY = 'experimental';

/** Labels of streams: the contract of streams.ts. All others end here. */
const LABELS = ['job', 'namespace', 'app', 'container', 'node', 'unit'];

/** Marks what containers of web servers say, until their lines are sorted. */
const WEB = 'web';

/**
 * Bytes of lines that are under way at once: one batch is filled, one waits and one is sent. What waits is in memory
 * alone, so this bounds what resume.ts must read again after a crash.
 */
export const BATCH_KIB = 512;

/**
 * Alloy's configuration. Lines of three sources, all through the same redaction before anything is taken out of them:
 *
 *   pods → CRI ┐
 *      journal ┼→ redaction → parsing → Loki
 *    audit log ┘
 */
export function alloyConfig(topology: Topology, where: AlloySurroundings): string {
  const loki = writeTo(where.loki);
  const parsing = process('parsing', loki, parsingStages);
  const redaction = process('redaction', parsing, redactionStages);
  return toAlloy([
    block('logging', { level: 'warn', format: 'json' }),
    ...podLogs(topology, where, redaction),
    ...journalLogs(where.journals, redaction),
    auditLog(where.auditLog, redaction),
    redaction,
    parsing,
    loki,
  ]);
}

const process = (label: string, next: Block, stages: readonly Block[]): Block =>
  component('loki.process', label, forwardTo(next), stages);

const forwardTo = (next: Block): { readonly forward_to: readonly Expression[] } => ({
  forward_to: [exportOf(next, 'receiver')],
});

function podLogs(topology: Topology, { logs, pods }: AlloySurroundings, next: Block): Block[] {
  const discovery = component('discovery.kubernetes', 'pods', { role: 'pod' }, [
    block('selectors', {
      role: 'pod',
      field: expression(`"spec.nodeName=" + ${environment(NODE_NAME).text}`),
    }),
  ]);
  const targets = component(
    'discovery.relabel',
    'pods',
    { targets: pods ?? exportOf(discovery, 'targets') },
    podRules(topology, logs),
  );
  const lines = process('cri', next, [
    // As Loki cuts them; an app without line breaks must not fill the memory here.
    block('stage.cri', { max_partial_line_size: 65_536, max_partial_line_size_truncate: true }),
  ]);
  const files = component(
    'loki.source.file',
    'pods',
    { targets: exportOf(targets, 'output'), ...forwardTo(lines) },
    [
      block('file_match', { enabled: true, sync_period: '5s' }),
      // A file at rest is looked at less and less often.
      block('file_watch', { min_poll_frequency: '250ms', max_poll_frequency: '2s' }),
    ],
  );
  return [...(pods ? [] : [discovery]), targets, files, lines];
}

const pod = (name: string): string => `__meta_kubernetes_pod_${name}`;
const NAMESPACE = '__meta_kubernetes_namespace';

/** Which labels the lines of a container get, and where they are. */
function podRules(topology: Topology, logs: string): Block[] {
  const copied = {
    namespace: NAMESPACE,
    pod: pod('name'),
    container: pod('container_name'),
    node: pod('node_name'),
  };
  const folder = (uid: string): Block =>
    block('rule', {
      source_labels: [NAMESPACE, pod('name'), pod(uid), pod('container_name')],
      regex: '(.+);(.+);(.+);(.+)',
      target_label: '__path__',
      replacement: `${logs}/pods/\${1}_\${2}_\${3}/\${4}/*.log`,
    });
  const pages = topology.components.filter(isPage);
  return [
    block('rule', { target_label: 'job', replacement: LOG_JOBS.container }),
    ...Object.entries(copied).map(([label, source]) =>
      block('rule', { source_labels: [source], target_label: label }),
    ),
    // The first that is there; static pods of the control plane have `component`.
    block('rule', {
      source_labels: [
        ...['app_kubernetes_io_name', 'k8s_app', 'app', 'component'].map((name) =>
          pod(`label_${name}`),
        ),
        pod('container_name'),
      ],
      regex: ';*([^;]+).*',
      target_label: 'app',
    }),
    block('rule', {
      source_labels: ['namespace', 'app', 'container'],
      regex: pages.map(({ namespace, name }) => `${namespace};${name};${name}`).join('|'),
      target_label: WEB,
      replacement: 'true',
    }),
    folder('uid'),
    // kubelet names the folder of a static pod by the hash of its file.
    folder('annotation_kubernetes_io_config_hash'),
  ];
}

function journalLogs(journals: readonly string[], next: Block): Block[] {
  // A relabelling of labels beginning with `__journal_` has no receiver: its rules are lent to the source.
  const rules = component('loki.relabel', 'journal', { forward_to: [] }, [
    // The source writes its own name here.
    block('rule', { target_label: 'job', replacement: LOG_JOBS.journal }),
    block('rule', {
      source_labels: ['__journal__systemd_unit'],
      regex: '([^@]+)(@.*)?\\.service',
      target_label: 'unit',
      replacement: '${1}.service',
    }),
    // What logs without syslog's name for itself has that of its program.
    block('rule', {
      source_labels: ['__journal_syslog_identifier', '__journal__comm'],
      regex: ';?([^;]+).*',
      target_label: 'identifier',
    }),
    block('rule', { source_labels: ['__journal_priority_keyword'], target_label: 'priority' }),
  ]);
  return [
    rules,
    ...journals.map((path) =>
      component('loki.source.journal', path.slice(1).replaceAll(/\W/g, '_'), {
        path,
        // Of a node that is new to us.
        max_age: '12h',
        labels: { node: environment(NODE_NAME) },
        relabel_rules: exportOf(rules, 'rules'),
        ...forwardTo(next),
      }),
    ),
  ];
}

const auditLog = (path: string, next: Block): Block =>
  component(
    'loki.source.file',
    'audit',
    {
      targets: [{ __path__: path, job: LOG_JOBS.audit, node: environment(NODE_NAME) }],
      ...forwardTo(next),
    },
    [
      // The file may come later, and on most nodes there is none.
      block('file_match', { enabled: true, sync_period: '10s' }),
      block('file_watch', { min_poll_frequency: '250ms', max_poll_frequency: '2s' }),
    ],
  );

/** Fields of an access line by the metadata that they become; apache, nginx and the sample-app write the same. */
const ACCESS_FIELDS: Readonly<
  Record<Exclude<(typeof LINE_METADATA.access)[number], 'pod'>, string>
> = {
  method: 'method',
  path: 'path',
  status: 'status',
  bytes: 'bytes',
  duration_ms: 'durationMs',
  client: 'client',
  user_agent: 'userAgent',
  request_id: 'requestId',
};

/** Where the API server's events say it (JMESPath); https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/. */
const AUDIT_FIELDS: Readonly<Record<(typeof LINE_METADATA.audit)[number], string>> = {
  user: 'user.username',
  verb: 'verb',
  resource: 'objectRef.resource',
  subresource: 'objectRef.subresource',
  object_namespace: 'objectRef.namespace',
  object_name: 'objectRef.name',
  code: 'responseStatus.code',
  source_ip: 'sourceIPs[0]',
};

const sameNames = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, '']));

const become = (job: string): Block => block('stage.static_labels', { values: { job } });

const isAccess = ['method', 'path', 'status', 'durationMs']
  .map((field) => ` |= ${JSON.stringify(`"${field}":`)}`)
  .join('');

const parsingStages: readonly Block[] = [
  block('stage.match', { selector: `{${WEB}="true", stream="stderr"}` }, [become(LOG_JOBS.server)]),
  block('stage.match', { selector: `{${WEB}="true", stream="stdout"}${isAccess}` }, [
    become(LOG_JOBS.access),
    block('stage.json', { expressions: ACCESS_FIELDS }),
    block('stage.truncate', {}, [
      block('rule', { limit: '256B', source_type: 'extracted', sources: ['user_agent'] }),
    ]),
    block('stage.structured_metadata', { values: sameNames(Object.keys(ACCESS_FIELDS)) }),
  ]),
  block(
    'stage.match',
    { selector: `{job=~"${LOG_JOBS.container}|${LOG_JOBS.server}"}` },
    levelStages(),
  ),
  block('stage.match', { selector: `{job="${LOG_JOBS.journal}"}` }, [
    ...levelStages('priority'),
    block('stage.structured_metadata', { values: sameNames(['identifier']) }),
  ]),
  block('stage.match', { selector: `{job="${LOG_JOBS.audit}"}` }, [
    block('stage.json', { expressions: { ...AUDIT_FIELDS, time: 'stageTimestamp' } }),
    block('stage.timestamp', {
      source: 'time',
      format: 'RFC3339Nano',
      action_on_failure: 'skip',
      // Else a line that is read again would be a new one.
      action_on_duplicate_timestamp: 'keep',
    }),
    block('stage.structured_metadata', { values: sameNames(Object.keys(AUDIT_FIELDS)) }),
  ]),
  // A label until here, because the parts of a long line are put together by its labels.
  block('stage.structured_metadata', { values: sameNames(['pod']) }),
  block('stage.label_keep', { values: LABELS }),
];

const writeTo = ({ url, tls }: AlloySurroundings['loki']): Block =>
  component('loki.write', 'loki', {}, [
    block(
      'endpoint',
      {
        url,
        batch_wait: '1s',
        batch_size: `${BATCH_KIB}KiB`,
        // Until Loki is back, however long it takes: nothing is dropped, and nothing more is read meanwhile.
        max_backoff_retries: 0,
        min_backoff_period: '500ms',
        max_backoff_period: '5s',
        retry_on_http_429: true,
      },
      [
        block('tls_config', { ...tls, min_version: 'TLS12' }),
        block('queue_config', {
          capacity: `${BATCH_KIB}KiB`,
          min_shards: 1,
          block_on_overflow: true,
          drain_timeout: '10s',
        }),
      ],
    ),
  ]);
