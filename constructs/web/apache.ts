import type { Construct } from 'constructs';
import {
  ComponentChart,
  ConfigFiles,
  WEB_CONFIG,
  WebConfig,
  Workload,
  scratch,
  tcpProbe,
  type Context,
} from '../kubernetes';
import { apacheConfig } from './apache-config';
import { pageProbe, pageServerOf } from './page-server';
import { SERVE_SCRIPT } from './serve';
import { siteFiles } from './site';

const CONFIG = '/etc/vigil/apache';

/** Apache with the game 2048, and its exporter. httpd reads its certificate at start and at a graceful restart. */
export class Apache extends ComponentChart {
  public constructor(scope: Construct, context: Context) {
    super(scope, context, 'apache');
    const { component } = this;
    const { metrics = 0, ...ports } = component.ports;
    const server = pageServerOf(component, context.topology);
    const exporterWeb = new WebConfig(this, component, context.topology, 'metrics');
    const page = siteFiles(this, component.name, '2048');
    const config = new ConfigFiles(this, {
      name: 'apache-config',
      mountPath: CONFIG,
      files: { 'httpd.conf': apacheConfig(server), 'serve.sh': SERVE_SCRIPT },
    });
    new Workload(this, {
      // www-data of Alpine.
      user: 82,
      files: [config, page, exporterWeb],
      volumes: [scratch('tmp', '16Mi')],
      containers: [
        {
          name: 'apache',
          command: ['sh', `${CONFIG}/serve.sh`, 'USR1', 'WINCH'],
          args: ['httpd', '-D', 'FOREGROUND', '-f', `${CONFIG}/httpd.conf`],
          ports,
          readiness: pageProbe(server, '/', { periodSeconds: 10 }),
          liveness: pageProbe(server, '/', { periodSeconds: 30 }),
          mounts: [config.mount, page.mount, { name: 'tmp', mountPath: '/tmp' }],
        },
        {
          name: 'apacheExporter',
          args: [
            `--scrape_uri=http://127.0.0.1:${server.statusPort}/server-status?auto`,
            `--web.listen-address=:${metrics}`,
            `--web.config.file=${WEB_CONFIG}`,
          ],
          ports: { metrics },
          readiness: tcpProbe(metrics, { periodSeconds: 15 }),
          liveness: tcpProbe(metrics, { periodSeconds: 30 }),
          mounts: [exporterWeb.mount],
        },
      ],
    });
  }
}
