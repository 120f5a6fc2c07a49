import type { Construct } from 'constructs';
import {
  ComponentChart,
  ConfigFiles,
  TlsProxy,
  Workload,
  clientTls,
  execProbe,
  goRuntime,
  grantInCluster,
  hostPath,
  scratch,
  tcpProbe,
  type Context,
} from '../kubernetes';
import { NODE_NAME, STABILITY, alloyConfig } from './config';
import { resumeScript } from './resume';

/** Alloy listens here on loopback; the proxy lets Prometheus read the metrics, and nobody anything else. */
const LOOPBACK_PORT = 12_346;

/** nginx' own user. */
const PROXY_USER = 101;

const CONFIG = '/etc/alloy/config';
const DATA = '/var/lib/alloy';
const LOGS = '/var/log';
/** Journals that are kept, and those that end with the node. */
const JOURNALS = [`${LOGS}/journal`, '/run/log/journal'];

/** The log agent on each node: it reads what is on the node's disk, and remembers there how far it has come. */
export class Alloy extends ComponentChart {
  public constructor(scope: Construct, context: Context) {
    super(scope, context, 'alloy');
    const { component } = this;
    const { settings, topology } = context;
    const { auditLogFolder } = settings.alloy;
    const port = component.ports.metrics ?? 0;
    const loki = topology.component('loki');
    const proxy = new TlsProxy(this, component, {
      listeners: [
        {
          port,
          upstream: LOOPBACK_PORT,
          clients: [],
          restricted: [
            { paths: ['/metrics'], methods: ['GET'], clients: topology.scrapersOf(component) },
          ],
        },
      ],
    });
    const config = new ConfigFiles(this, {
      name: 'alloy-config',
      mountPath: CONFIG,
      files: {
        'config.alloy': alloyConfig(topology, {
          logs: LOGS,
          journals: JOURNALS,
          auditLog: `${auditLogFolder}/audit.log`,
          loki: {
            url: `https://${loki.dnsName}:${loki.ports.web ?? 0}/loki/api/v1/push`,
            tls: clientTls(loki.dnsName),
          },
        }),
        'resume.sh': resumeScript(DATA),
      },
    });
    // Whole folders, for a mount of one that is not there would make it, and journald begins to write to a new
    // /var/log/journal.
    const folders = [
      hostPath('logs', LOGS),
      hostPath('run-logs', '/run/log', 'DirectoryOrCreate'),
      ...(auditLogFolder.startsWith(`${LOGS}/`)
        ? []
        : [hostPath('audit-log', auditLogFolder, 'DirectoryOrCreate')]),
    ];
    new Workload(this, {
      user: PROXY_USER,
      apiToken: true,
      files: [config, proxy.files],
      volumes: [
        ...folders,
        hostPath('data', '/var/lib/vigil/alloy', 'DirectoryOrCreate'),
        scratch('tmp', '16Mi'),
        ...proxy.volumes,
      ],
      containers: [
        {
          name: 'alloy',
          // Root reads the logs; no capability but one for reading comes with it.
          user: 0,
          capabilities: ['DAC_READ_SEARCH'],
          command: ['/bin/sh', '-c', `/bin/sh ${CONFIG}/resume.sh; exec /bin/alloy "$@"`, 'alloy'],
          args: [
            'run',
            `--server.http.listen-addr=127.0.0.1:${LOOPBACK_PORT}`,
            `--storage.path=${DATA}`,
            '--server.http.enable-pprof=false',
            '--server.http.disable-support-bundle',
            '--disable-reporting',
            `--stability.level=${STABILITY}`,
            `${CONFIG}/config.alloy`,
          ],
          env: [
            { name: NODE_NAME, valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
            ...goRuntime(context.resources.alloy),
          ],
          mounts: [
            config.mount,
            ...folders.map(({ name, hostPath: folder }) => ({
              name,
              mountPath: folder?.path ?? '',
              readOnly: true,
            })),
            { name: 'data', mountPath: DATA },
            { name: 'tmp', mountPath: '/tmp' },
          ],
        },
        {
          ...proxy.container,
          startup: alloyReady({ periodSeconds: 1, failureThreshold: 120 }),
          readiness: alloyReady({ periodSeconds: 30 }),
          liveness: tcpProbe(port, { periodSeconds: 30 }),
        },
      ],
    });
    grantInCluster(this, component, [
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
    ]);
  }
}

/** Asks Alloy from the container beside it, for Alloy's own image has no program for that. */
const alloyReady = (timing: Parameters<typeof execProbe>[1]) =>
  execProbe(['wget', '-q', '-O', '/dev/null', `http://127.0.0.1:${LOOPBACK_PORT}/-/ready`], {
    timeoutSeconds: 5,
    ...timing,
  });
