import type { Construct } from 'constructs';
import { KubeSecret } from '../../imports/k8s';
import {
  ComponentChart,
  ConfigFiles,
  Workload,
  scratch,
  tcpProbe,
  tlsFiles,
  type Context,
} from '../kubernetes';
import { DESTINATIONS } from '../topology';
import { routerConfig } from './config';

const CONFIG = '/etc/vigil/router';
const CREDENTIALS = '/etc/vigil/destinations';
const AUTHORITIES = '/etc/vigil/authorities';
const DATA = '/var/lib/alert-router';

/**
 * The alert-router: never two pods at once, because its volume holds the queue. The Secret of its destinations is
 * applied empty and filled by people (`vigil alerts connect`); both it and the configuration are read again on change.
 */
export class AlertRouter extends ComponentChart {
  public constructor(scope: Construct, context: Context) {
    super(scope, context, 'alertRouter');
    const { component } = this;
    const port = component.ports.web ?? 0;
    new KubeSecret(this, 'destinations', {
      metadata: { name: DESTINATIONS.secret },
      type: 'Opaque',
    });
    const config = new ConfigFiles(this, {
      name: 'alert-router-config',
      mountPath: CONFIG,
      files: {
        'router.json': `${JSON.stringify(routerConfig(context.settings, context.topology), undefined, 2)}\n`,
      },
      reloadsItself: true,
    });
    const authorities = this.authorities();
    new Workload(this, {
      user: 1000,
      recreate: true,
      storage: { name: 'data', size: context.settings.alertRouter.storage },
      files: [config, ...authorities],
      volumes: [
        { name: 'destinations', secret: { secretName: DESTINATIONS.secret, defaultMode: 0o440 } },
        // SQLite's own temporary files.
        scratch('tmp', '16Mi'),
      ],
      containers: [
        {
          name: 'alertRouter',
          env: Object.entries({
            ROUTER_CONFIG_FILE: `${CONFIG}/router.json`,
            ROUTER_CREDENTIALS: CREDENTIALS,
            ROUTER_DATA: DATA,
            ROUTER_PORT: String(port),
            TLS_DIRECTORY: tlsFiles.directory,
            // Node.js adds these to the public ones (its documentation, NODE_EXTRA_CA_CERTS).
            ...(authorities.length > 0 && { NODE_EXTRA_CA_CERTS: `${AUTHORITIES}/ca.crt` }),
          }).map(([name, value]) => ({ name, value })),
          ports: component.ports,
          readiness: tcpProbe(port, { periodSeconds: 5 }),
          liveness: tcpProbe(port, { periodSeconds: 20 }),
          mounts: [
            config.mount,
            { name: 'destinations', mountPath: CREDENTIALS, readOnly: true },
            { name: 'data', mountPath: DATA },
            { name: 'tmp', mountPath: '/tmp' },
            ...authorities.map(({ mount }) => mount),
          ],
        },
      ],
    });
  }

  /** Authorities of receivers, when there are any; read at start only, so that a change rolls the pod. */
  private authorities(): ConfigFiles[] {
    const pem = this.context.settings.alertRouter.authorities;
    if (pem === undefined) return [];
    return [
      new ConfigFiles(this, {
        name: 'alert-router-authorities',
        mountPath: AUTHORITIES,
        files: { 'ca.crt': pem },
      }),
    ];
  }
}
