import type { Construct } from 'constructs';
import type { Volume, VolumeMount } from '../../imports/k8s';
import {
  ComponentChart,
  ConfigFiles,
  PROBE_CONFIG,
  WEB_CONFIG,
  WebConfig,
  Workload,
  execProbe,
  grantIn,
  grantInCluster,
  toYaml,
  type Context,
} from '../kubernetes';
import { namespaces } from '../topology';
import { RULES_DIRECTORY, TOKENS_DIRECTORY, prometheusConfig } from './config';
import { ruleGroups } from './rules';

const DATA = '/prometheus';

/** Prometheus: one replica with a volume, which reads its configuration, rules and certificates again by itself. */
export class Prometheus extends ComponentChart {
  public constructor(scope: Construct, context: Context) {
    super(scope, context, 'prometheus');
    const { component } = this;
    const { settings, topology } = context;
    const config = new ConfigFiles(this, {
      name: 'prometheus-config',
      mountPath: '/etc/prometheus/config',
      files: { 'prometheus.yml': toYaml(prometheusConfig(settings, topology)) },
      reloadsItself: true,
    });
    const rules = new ConfigFiles(this, {
      name: 'prometheus-rules',
      mountPath: RULES_DIRECTORY,
      files: Object.fromEntries(
        ruleGroups(settings, topology).map((group) => [
          `${group.name}.yml`,
          toYaml({ groups: [group] }),
        ]),
      ),
      reloadsItself: true,
    });
    const web = new WebConfig(this, component, topology);
    const tokens = remoteWriteTokens(context);
    const port = component.ports.web ?? 0;
    new Workload(this, {
      user: 65_534,
      apiToken: true,
      storage: { name: 'data', size: settings.prometheus.storage },
      gracePeriodSeconds: 120,
      files: [config, rules, web],
      volumes: tokens.map(({ volume }) => volume),
      containers: [
        {
          name: 'prometheus',
          args: [
            '--config.file=/etc/prometheus/config/prometheus.yml',
            '--config.auto-reload',
            '--config.auto-reload-interval=15s',
            `--storage.tsdb.path=${DATA}`,
            `--web.config.file=${WEB_CONFIG}`,
            // How long a changed pod waits to be a target: 1 s in place of 5 s (hidden flag, cmd/prometheus/main.go).
            '--scrape.discovery-reload-interval=1s',
            '--log.format=json',
          ],
          ports: component.ports,
          // A replay of the write-ahead log may take minutes; it must not be taken for a hang.
          startup: promtool('ready', port, { periodSeconds: 2, failureThreshold: 450 }),
          // Each probe starts a program of 100 MB, so they are no more frequent than they need be.
          readiness: promtool('ready', port, { periodSeconds: 20, failureThreshold: 2 }),
          liveness: promtool('healthy', port, { periodSeconds: 60, failureThreshold: 3 }),
          mounts: [
            config.mount,
            rules.mount,
            web.mount,
            { name: 'data', mountPath: DATA },
            ...tokens.map(({ mount }) => mount),
          ],
        },
      ],
    });
    this.grant(context);
  }

  /** Discovery by namespace, and metrics of the cluster's own parts; never `nodes/proxy`, which runs commands. */
  private grant({ topology }: Context): void {
    const watch = ['get', 'list', 'watch'];
    for (const namespace of Object.keys(namespaces)) {
      grantIn(this, this.component, namespace, [
        { apiGroups: [''], resources: ['pods'], verbs: watch },
      ]);
    }
    grantIn(this, this.component, 'kube-system', [
      { apiGroups: [''], resources: ['pods'], verbs: watch },
      ...(topology.scrapeJobs.some(({ via }) => via)
        ? [{ apiGroups: [''], resources: ['pods/proxy'], verbs: ['get'] }]
        : []),
    ]);
    grantInCluster(this, this.component, [
      { apiGroups: [''], resources: ['nodes'], verbs: watch },
      { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
      { nonResourceUrLs: ['/metrics'], verbs: ['get'] },
    ]);
  }
}

const promtool = (
  question: 'ready' | 'healthy',
  port: number,
  timing: { periodSeconds: number; failureThreshold: number },
) =>
  execProbe(
    [
      'promtool',
      'check',
      question,
      `--url=https://localhost:${port}`,
      `--http.config.file=${PROBE_CONFIG}`,
    ],
    // promtool gives up by itself after 10 s.
    { ...timing, timeoutSeconds: 12 },
  );

function remoteWriteTokens({ settings }: Context): { volume: Volume; mount: VolumeMount }[] {
  return settings.prometheus.remoteWrite.flatMap(({ name, tokenSecret }) =>
    tokenSecret
      ? [
          {
            volume: {
              name: `token-${name}`,
              secret: { secretName: tokenSecret, defaultMode: 0o440 },
            },
            mount: {
              name: `token-${name}`,
              mountPath: `${TOKENS_DIRECTORY}/${name}`,
              readOnly: true,
            },
          },
        ]
      : [],
  );
}
