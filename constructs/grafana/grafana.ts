import type { Construct } from 'constructs';
import { IntOrString } from '../../imports/k8s';
import {
  ComponentChart,
  ConfigFiles,
  TlsProxy,
  Workload,
  scratch,
  toYaml,
  type Context,
} from '../kubernetes';
import { GRAFANA_PASSWORD } from '../topology';
import { dashboards } from './dashboards';
import { dataSources } from './data-sources';

/** Grafana itself listens here on loopback; the proxy serves HTTPS. */
const LOOPBACK_PORT = 3001;
const DASHBOARDS = '/etc/grafana/dashboards';
const PROVISIONING = '/etc/grafana/provisioning';
const PASSWORD = '/etc/vigil/admin';

/**
 * Grafana over HTTPS with a login. All that it shows is provisioned from here, so it needs no volume. Its data sources
 * are reached through the proxy, which shows Grafana's certificate and reads it again when it is renewed: Grafana
 * would keep a copy of the key in its database.
 */
export class Grafana extends ComponentChart {
  public constructor(scope: Construct, context: Context) {
    super(scope, context, 'grafana');
    const { component } = this;
    const { topology } = context;
    const port = component.ports.web ?? 0;
    const sources = dataSources(topology);
    const proxy = new TlsProxy(this, component, {
      listeners: [
        {
          port,
          upstream: LOOPBACK_PORT,
          clients: 'anyone',
          restricted: [{ paths: ['/metrics'], clients: topology.scrapersOf(component) }],
        },
      ],
      upstreams: sources.upstreams,
    });
    const provisioning = new ConfigFiles(this, {
      name: 'grafana-data-sources',
      mountPath: `${PROVISIONING}/datasources`,
      files: { 'data-sources.yml': toYaml(sources.provisioning) },
    });
    const providers = new ConfigFiles(this, {
      name: 'grafana-dashboard-providers',
      mountPath: `${PROVISIONING}/dashboards`,
      files: { 'providers.yml': toYaml(dashboardProvider) },
    });
    const dashboardFiles = new ConfigFiles(this, {
      name: 'grafana-dashboards',
      mountPath: DASHBOARDS,
      files: dashboards(context.settings, topology),
      reloadsItself: true,
    });
    const files = [provisioning, providers, dashboardFiles];
    const health = (periodSeconds: number) => ({
      httpGet: { path: '/api/health', port: IntOrString.fromNumber(port), scheme: 'HTTPS' },
      periodSeconds,
      timeoutSeconds: 5,
    });
    new Workload(this, {
      user: 472,
      files: [...files, proxy.files],
      volumes: [
        scratch('data', '128Mi'),
        {
          name: 'admin',
          secret: {
            secretName: GRAFANA_PASSWORD.secret,
            defaultMode: 0o440,
            items: [{ key: GRAFANA_PASSWORD.key, path: GRAFANA_PASSWORD.key }],
          },
        },
        ...proxy.volumes,
      ],
      containers: [
        {
          name: 'grafana',
          tls: false,
          env: Object.entries(environment()).map(([name, value]) => ({ name, value })),
          mounts: [
            { name: 'data', mountPath: '/var/lib/grafana' },
            { name: 'admin', mountPath: PASSWORD, readOnly: true },
            ...files.map(({ mount }) => mount),
          ],
        },
        {
          ...proxy.container,
          readiness: health(5),
          liveness: { ...health(30), initialDelaySeconds: 30 },
        },
      ],
    });
  }
}

const dashboardProvider = {
  apiVersion: 1,
  providers: [
    {
      name: 'vigil',
      type: 'file',
      folder: 'Vigil',
      allowUiUpdates: false,
      options: { path: DASHBOARDS },
    },
  ],
};

/** Settings of grafana.ini, in their environment form. */
function environment(): Record<string, string> {
  return {
    GF_SERVER_PROTOCOL: 'http',
    GF_SERVER_HTTP_ADDR: '127.0.0.1',
    GF_SERVER_HTTP_PORT: String(LOOPBACK_PORT),
    GF_SECURITY_ADMIN_USER: 'admin',
    GF_SECURITY_ADMIN_PASSWORD__FILE: `${PASSWORD}/${GRAFANA_PASSWORD.key}`,
    GF_SECURITY_COOKIE_SECURE: 'true',
    GF_SECURITY_COOKIE_SAMESITE: 'strict',
    GF_SECURITY_DISABLE_GRAVATAR: 'true',
    GF_SECURITY_CONTENT_SECURITY_POLICY: 'true',
    GF_USERS_ALLOW_SIGN_UP: 'false',
    GF_AUTH_ANONYMOUS_ENABLED: 'false',
    GF_SNAPSHOTS_EXTERNAL_ENABLED: 'false',
    GF_ANALYTICS_REPORTING_ENABLED: 'false',
    GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
    GF_PLUGINS_PLUGIN_ADMIN_ENABLED: 'false',
    GF_PLUGINS_PREINSTALL_DISABLED: 'true',
    GF_UNIFIED_ALERTING_ENABLED: 'false',
    GF_NEWS_NEWS_FEED_ENABLED: 'false',
    GF_PATHS_DATA: '/var/lib/grafana',
    GF_PATHS_LOGS: '/var/lib/grafana/log',
    GF_PATHS_PLUGINS: '/var/lib/grafana/plugins',
    GF_PATHS_PROVISIONING: PROVISIONING,
    GF_LOG_MODE: 'console',
    GF_LOG_CONSOLE_FORMAT: 'json',
    GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${DASHBOARDS}/overview.json`,
  };
}
