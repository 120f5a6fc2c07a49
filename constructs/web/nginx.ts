import type { Construct } from 'constructs';
import { ComponentChart, type Context } from '../kubernetes';
import { nginxPageConfig } from './nginx-config';
import { CONFIG, pageServerOf, pageServerWorkload } from './page-server';
import { SERVE_SCRIPT } from './serve';

/**
 * nginx with the game Tic-Tac-Toe, and its exporter. nginx reads its leaf at each handshake, but the authority of its
 * visitors only at start and when it is told to.
 */
export class Nginx extends ComponentChart {
  public constructor(scope: Construct, context: Context) {
    super(scope, context, 'nginx');
    const server = pageServerOf(this.component, context.topology);
    const isWatched = server.clients !== 'anyone';
    pageServerWorkload(this, {
      server,
      user: 101,
      game: 'tic-tac-toe',
      files: {
        'nginx.conf': nginxPageConfig(server),
        ...(isWatched && { 'serve.sh': SERVE_SCRIPT }),
      },
      container: {
        name: 'nginx',
        command: [...(isWatched ? ['sh', `${CONFIG}/serve.sh`, 'HUP', 'QUIT'] : []), 'nginx'],
        args: ['-c', `${CONFIG}/nginx.conf`, '-e', 'stderr', '-g', 'daemon off;'],
      },
      exporter: {
        name: 'nginxExporter',
        scrape: `--nginx.scrape-uri=http://127.0.0.1:${server.statusPort}/stub_status`,
      },
    });
  }
}
