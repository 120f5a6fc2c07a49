import type { TlsUpstream } from '../kubernetes';
import type { Topology } from '../topology';

/** Identifiers of the data sources; dashboards refer to them. */
export const dataSourceIds = { prometheus: 'prometheus', alertmanager: 'alertmanager' } as const;

/** A data source in Grafana's provisioning format. */
interface DataSource {
  readonly name: string;
  readonly uid: string;
  readonly type: string;
  readonly access: 'proxy';
  readonly url: string;
  readonly isDefault?: boolean;
  readonly editable: false;
  readonly jsonData?: Readonly<Record<string, unknown>>;
}

export interface DataSources {
  readonly provisioning: {
    readonly apiVersion: 1;
    readonly prune: true;
    readonly datasources: readonly DataSource[];
  };
  /** Ways out of the pod, one for each data source. */
  readonly upstreams: readonly TlsUpstream[];
}

/** The servers that Grafana queries, each on loopback through the proxy's mutual TLS. */
export function dataSources(topology: Topology): DataSources {
  const upstreams = ['prometheus', 'alertmanager'].map((key) => {
    const server = topology.component(key);
    const serverPort = server.ports.web ?? 0;
    return { port: serverPort, server, serverPort };
  });
  const [prometheus, alertmanager] = upstreams.map(({ port }) => `http://127.0.0.1:${port}`);
  return {
    upstreams,
    provisioning: {
      apiVersion: 1,
      prune: true,
      datasources: [
        {
          name: 'Prometheus',
          uid: dataSourceIds.prometheus,
          type: 'prometheus',
          access: 'proxy',
          url: prometheus ?? '',
          isDefault: true,
          editable: false,
          jsonData: {
            httpMethod: 'POST',
            timeInterval: '15s',
            prometheusType: 'Prometheus',
            prometheusVersion: '3.0.0',
          },
        },
        {
          name: 'Alertmanager',
          uid: dataSourceIds.alertmanager,
          type: 'alertmanager',
          access: 'proxy',
          url: alertmanager ?? '',
          editable: false,
          jsonData: { implementation: 'prometheus' },
        },
      ],
    },
  };
}
