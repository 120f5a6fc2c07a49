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
import { nginxPageConfig } from './nginx-config';
import { pageProbe, pageServerOf } from './page-server';
import { SERVE_SCRIPT } from './serve';
import { siteFiles } from './site';

const CONFIG = '/etc/vigil/nginx';

/**
 * nginx with the game Tic-Tac-Toe, and its exporter. nginx reads its leaf at each handshake, but the authority of its
 * visitors only at start and when it is told to.
 */
export class Nginx extends ComponentChart {
  public constructor(scope: Construct, context: Context) {
    super(scope, context, 'nginx');
    const { component } = this;
    const { metrics = 0, ...ports } = component.ports;
    const server = pageServerOf(component, context.topology);
    const exporterWeb = new WebConfig(this, component, context.topology, 'metrics');
    const page = siteFiles(this, component.name, 'tic-tac-toe');
    const isWatched = server.clients !== 'anyone';
    const config = new ConfigFiles(this, {
      name: 'nginx-config',
      mountPath: CONFIG,
      files: {
        'nginx.conf': nginxPageConfig(server),
        ...(isWatched && { 'serve.sh': SERVE_SCRIPT }),
      },
    });
    new Workload(this, {
      user: 101,
      files: [config, page, exporterWeb],
      volumes: [scratch('tmp', '16Mi')],
      containers: [
        {
          name: 'nginx',
          command: [...(isWatched ? ['sh', `${CONFIG}/serve.sh`, 'HUP', 'QUIT'] : []), 'nginx'],
          args: ['-c', `${CONFIG}/nginx.conf`, '-e', 'stderr', '-g', 'daemon off;'],
          ports,
          readiness: pageProbe(server, '/', { periodSeconds: 10 }),
          liveness: pageProbe(server, '/', { periodSeconds: 30 }),
          mounts: [config.mount, page.mount, { name: 'tmp', mountPath: '/tmp' }],
        },
        {
          name: 'nginxExporter',
          args: [
            `--nginx.scrape-uri=http://127.0.0.1:${server.statusPort}/stub_status`,
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
