import type { Construct } from 'constructs';
import { ComponentChart, type Context } from '../kubernetes';
import { apacheConfig } from './apache-config';
import { CONFIG, pageServerOf, pageServerWorkload } from './page-server';
import { SERVE_SCRIPT } from './serve';

/** Apache with the game 2048, and its exporter. httpd reads its certificate at start and at a graceful restart. */
export class Apache extends ComponentChart {
  public constructor(scope: Construct, context: Context) {
    super(scope, context, 'apache');
    const server = pageServerOf(this.component, context.topology);
    pageServerWorkload(this, {
      server,
      // www-data of Alpine.
      user: 82,
      game: '2048',
      files: { 'httpd.conf': apacheConfig(server), 'serve.sh': SERVE_SCRIPT },
      container: {
        name: 'apache',
        command: ['sh', `${CONFIG}/serve.sh`, 'USR1', 'WINCH'],
        args: ['httpd', '-D', 'FOREGROUND', '-f', `${CONFIG}/httpd.conf`],
      },
      exporter: {
        name: 'apacheExporter',
        scrape: `--scrape_uri=http://127.0.0.1:${server.statusPort}/server-status?auto`,
      },
    });
  }
}
