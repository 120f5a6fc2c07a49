import type { Construct } from 'constructs';
import { dataSourceIds } from '../grafana/data-sources';
import {
  ComponentChart,
  ConfigFiles,
  TlsProxy,
  Workload,
  execProbe,
  goRuntime,
  scratch,
  tcpProbe,
  toYaml,
  type Context,
  type RestrictedPaths,
} from '../kubernetes';
import { identityOf, type Component, type Identity, type Topology } from '../topology';
import { TENANT, lokiConfig } from './config';
import { logRules } from './rules';

/** Loki listens here on loopback; the proxy serves mutual TLS. */
const LOOPBACK_PORT = 3101;
const LOOPBACK_GRPC_PORT = 9095;
const CONFIG = '/etc/loki/config';
const RULES = '/etc/loki/rules';
const DATA = '/loki';

/**
 * The log store: one process with a volume, behind a proxy that knows who may write and who may read. Loki itself could
 * ask for a certificate, but takes whoever holds one for everyone (docs/adr/0009).
 */
export class Loki extends ComponentChart {
  public constructor(scope: Construct, context: Context) {
    super(scope, context, 'loki');
    const { component } = this;
    const { settings, topology } = context;
    const port = component.ports.web ?? 0;
    const alertmanager = topology.component('alertmanager');
    const alertmanagerPort = alertmanager.ports.web ?? 0;
    const grafana = topology.component('grafana');
    const proxy = new TlsProxy(this, component, {
      listeners: [
        {
          port,
          upstream: LOOPBACK_PORT,
          // What is not listed is for nobody: /flush, /config, the deletion of lines and the like.
          clients: [],
          restricted: allowedPaths(component, topology),
          maxBodyMiB: 8,
        },
      ],
      upstreams: [{ port: alertmanagerPort, server: alertmanager, serverPort: alertmanagerPort }],
    });
    const config = new ConfigFiles(this, {
      name: 'loki-config',
      mountPath: CONFIG,
      files: {
        'loki.yml': toYaml(
          lokiConfig(settings, {
            httpPort: LOOPBACK_PORT,
            grpcPort: LOOPBACK_GRPC_PORT,
            data: DATA,
            rules: RULES,
            alertmanager: `http://127.0.0.1:${alertmanagerPort}`,
            explore: {
              url: `https://${grafana.dnsName}:${grafana.ports.web ?? 0}`,
              dataSource: dataSourceIds.loki,
            },
          }),
        ),
      },
    });
    const rules = new ConfigFiles(this, {
      name: 'loki-rules',
      // A ConfigMap has hidden directories, which in the directory above would be taken for tenants.
      mountPath: `${RULES}/${TENANT}`,
      files: Object.fromEntries(
        logRules(settings, topology).map((group) => [
          `${group.name}.yml`,
          toYaml({ groups: [group] }),
        ]),
      ),
      reloadsItself: true,
    });
    new Workload(this, {
      user: 10_001,
      storage: { name: 'data', size: settings.loki.storage },
      gracePeriodSeconds: 60,
      files: [config, rules, proxy.files],
      volumes: [scratch('tmp', '64Mi'), ...proxy.volumes],
      containers: [
        {
          name: 'loki',
          args: [`-config.file=${CONFIG}/loki.yml`],
          // Half of Go's own: a fifth less memory, for a quarter more CPU under load (2,000 lines in each push).
          env: goRuntime(context.resources.loki, 50),
          // The replay of the write-ahead log may take minutes; it must not be taken for a hang.
          startup: healthProbe('/ready', { periodSeconds: 1, failureThreshold: 900 }),
          readiness: healthProbe('/ready', { periodSeconds: 30 }),
          liveness: healthProbe('/loki/api/v1/status/buildinfo', { periodSeconds: 60 }),
          tls: false,
          mounts: [
            config.mount,
            rules.mount,
            { name: 'data', mountPath: DATA },
            { name: 'tmp', mountPath: '/tmp' },
          ],
        },
        {
          ...proxy.container,
          readiness: tcpProbe(port, { periodSeconds: 10 }),
          liveness: tcpProbe(port, { periodSeconds: 30 }),
        },
      ],
    });
  }
}

/** Runs the binary itself, for its image has nothing else: 50 ms of CPU each time. */
const healthProbe = (path: string, timing: Parameters<typeof execProbe>[1]) =>
  execProbe(['/usr/bin/loki', '-health', `-health.url=http://127.0.0.1:${LOOPBACK_PORT}${path}`], {
    timeoutSeconds: 5,
    ...timing,
  });

/** Who may do what: the agent writes, people and dashboards read, and neither does what the other does. */
function allowedPaths(loki: Component, topology: Topology): RestrictedPaths[] {
  const clients = (...keys: readonly string[]): Identity[] =>
    topology
      .flowsTo(loki)
      .filter(({ from }) => keys.includes(from.key))
      .map(({ from }) => identityOf(from));
  const readers = clients('grafana', 'technician');
  return [
    { paths: ['/loki/api/v1/push'], methods: ['POST'], clients: clients('alloy') },
    { paths: ['/metrics'], methods: ['GET'], clients: topology.scrapersOf(loki) },
    // A long query is posted.
    { paths: QUERIES, methods: ['GET', 'POST'], clients: readers },
    { paths: RULES_API, methods: ['GET'], clients: readers },
  ];
}

const QUERIES = [
  'query',
  'query_range',
  'tail',
  'labels',
  'label/',
  'series',
  'index/',
  'patterns',
  'detected_labels',
  'detected_fields',
  'detected_field/',
  'drilldown-limits',
  'format_query',
  'status/buildinfo',
].map((path) => `/loki/api/v1/${path}`);

const RULES_API = ['/prometheus/api/v1/rules', '/prometheus/api/v1/alerts', '/loki/api/v1/rules'];
