import type { Construct } from 'constructs';
import { ComponentChart, Workload, servicePort, tlsFiles, type Context } from '../kubernetes';
import { LOGINS, type Identity } from '../topology';
import { pageProbe, pageServerOf } from './page-server';

const { user, password } = LOGINS.sampleApp;
const PASSWORD = '/etc/vigil/user';

/** The sample-app; it reads certificate and password again when they change. */
export class SampleApp extends ComponentChart {
  public constructor(scope: Construct, context: Context) {
    super(scope, context, 'sampleApp');
    const { component } = this;
    const { topology } = context;
    const { metrics = 0 } = component.ports;
    const server = pageServerOf(component, topology);
    new Workload(this, {
      user: 1000,
      volumes: [
        {
          name: 'user',
          secret: {
            secretName: password.secret,
            defaultMode: 0o440,
            items: [{ key: password.key, path: password.key }],
          },
        },
      ],
      containers: [
        {
          name: 'sampleApp',
          env: Object.entries({
            PUBLIC_PORT: String(server.ports.web),
            REDIRECT_PORT: String(server.ports.redirect),
            HTTPS_PORT: String(servicePort(component, 'web')),
            METRICS_PORT: String(metrics),
            METRICS_CLIENTS: identities(topology.clientsOf(component, 'metrics')),
            ...(server.clients !== 'anyone' && { PUBLIC_CLIENTS: identities(server.clients) }),
            TLS_DIRECTORY: tlsFiles.directory,
            USER_NAME: user,
            PASSWORD_FILE: `${PASSWORD}/${password.key}`,
          }).map(([name, value]) => ({ name, value })),
          ports: component.ports,
          readiness: pageProbe(server, '/healthz', { periodSeconds: 10 }),
          liveness: pageProbe(server, '/healthz', { periodSeconds: 30 }),
          mounts: [{ name: 'user', mountPath: PASSWORD, readOnly: true }],
        },
      ],
    });
  }
}

const identities = (clients: readonly Identity[]): string =>
  clients.map(({ spiffeId }) => spiffeId).join(',');
