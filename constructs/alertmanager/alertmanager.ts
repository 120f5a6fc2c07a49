import type { Construct } from 'constructs';
import {
  ComponentChart,
  ConfigFiles,
  PROBE_CONFIG,
  WEB_CONFIG,
  WebConfig,
  Workload,
  execProbe,
  tcpProbe,
  toYaml,
  type Context,
} from '../kubernetes';
import { seconds } from '../settings';
import { alertmanagerConfig } from './config';

const DATA = '/alertmanager';

/** Alertmanager: one replica with a volume for silences and what was notified; no gossip, for there is no peer. */
export class Alertmanager extends ComponentChart {
  public constructor(scope: Construct, context: Context) {
    super(scope, context, 'alertmanager');
    const { component } = this;
    const { alertmanager } = context.settings;
    const config = new ConfigFiles(this, {
      name: 'alertmanager-config',
      mountPath: '/etc/alertmanager/config',
      files: { 'alertmanager.yml': toYaml(alertmanagerConfig(context.settings, context.topology)) },
    });
    const port = component.ports.web ?? 0;
    const web = new WebConfig(this, component, context.topology);
    new Workload(this, {
      user: 65_534,
      storage: { name: 'data', size: alertmanager.storage },
      files: [config, web],
      containers: [
        {
          name: 'alertmanager',
          args: [
            '--config.file=/etc/alertmanager/config/alertmanager.yml',
            `--storage.path=${DATA}`,
            `--data.retention=${seconds(alertmanager.retention)}s`,
            `--web.config.file=${WEB_CONFIG}`,
            '--cluster.listen-address=',
            '--log.format=json',
          ],
          ports: component.ports,
          readiness: execProbe(
            [
              'amtool',
              `--alertmanager.url=https://localhost:${port}`,
              `--http.config.file=${PROBE_CONFIG}`,
              '--timeout=5s',
              '--no-version-check',
              'cluster',
              'show',
            ],
            { periodSeconds: 10, timeoutSeconds: 6 },
          ),
          liveness: tcpProbe(port, { periodSeconds: 20 }),
          mounts: [config.mount, web.mount, { name: 'data', mountPath: DATA }],
        },
      ],
    });
  }
}
