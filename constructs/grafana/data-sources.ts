import type { TlsUpstream } from '../kubernetes';
import { REQUEST_ID_FIELD, withText } from '../loki/selectors';
import type { Topology } from '../topology';

/** Identifiers of the data sources; dashboards refer to them. */
export const dataSourceIds = {
  prometheus: 'prometheus',
  alertmanager: 'alertmanager',
  loki: 'loki',
} as const;

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
  const upstreams = Object.keys(dataSourceIds).map((key) => {
    const server = topology.component(key);
    const serverPort = server.ports.web ?? 0;
    return { port: serverPort, server, serverPort };
  });
  const [prometheus, alertmanager, loki] = upstreams.map(({ port }) => `http://127.0.0.1:${port}`);
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
        {
          name: 'Loki',
          uid: dataSourceIds.loki,
          type: 'loki',
          access: 'proxy',
          url: loki ?? '',
          editable: false,
          jsonData: { maxLines: MAX_LINES, derivedFields: [requestLink] },
        },
      ],
    },
  };
}

/** Lines that a query of logs shows at most. */
const MAX_LINES = 1000;

/**
 * A request's id in any line leads to all lines about it: of the web server, and of the app behind it. A dollar sign is
 * doubled, because Grafana looks for environment variables in what it provisions.
 */
const requestLink = {
  name: 'requestId',
  matcherRegex: `"${REQUEST_ID_FIELD}":"([\\w.-]+)"`,
  datasourceUid: dataSourceIds.loki,
  url: withText('$${__value.raw}'),
  urlDisplayLabel: 'All lines about this request',
};
