import https from 'node:https';
import type { KubeClient } from '../../cli/lib/kube-client';
import { forwardPort, type Forwarding } from '../../cli/lib/port-forward';
import { readSecret } from '../../cli/lib/technician';
import { dashboards } from '../../constructs/grafana/dashboards';
import { GRAFANA_PASSWORD } from '../../constructs/topology';
import { connect, eventually, settings, topology } from './support/cluster';

interface Panel {
  readonly title: string;
  readonly panels?: readonly Panel[];
  readonly targets?: readonly {
    readonly expr?: string;
    readonly datasource?: { readonly uid?: string };
  }[];
}

describe('Grafana', () => {
  const grafana = topology.component('grafana');
  let client: KubeClient;
  let forwarding: Forwarding;
  let ca: string;
  let password: string;

  beforeAll(async () => {
    client = await connect();
    forwarding = await forwardPort(client, {
      namespace: grafana.namespace,
      service: grafana.name,
      port: grafana.ports.web ?? 0,
    });
    const tls = await readSecret(client, grafana.namespace, grafana.tlsSecret);
    const admin = await readSecret(client, GRAFANA_PASSWORD.namespace, GRAFANA_PASSWORD.secret);
    ca = tls?.['ca.crt'] ?? '';
    password = admin?.[GRAFANA_PASSWORD.key] ?? '';
  });
  afterAll(() => {
    forwarding.close();
    client.close();
  });

  /** Over HTTPS with Grafana's certificate verified, and a login. */
  function ask(path: string, body?: object): Promise<{ status: number; json: unknown }> {
    return new Promise((resolve, reject) => {
      const request = https.request(
        {
          host: '127.0.0.1',
          port: forwarding.port,
          path,
          method: body ? 'POST' : 'GET',
          servername: grafana.dnsName,
          ca,
          auth: `admin:${password}`,
          headers: { 'Content-Type': 'application/json' },
          agent: false,
        },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => {
            try {
              resolve({ status: response.statusCode ?? 0, json: JSON.parse(text) as unknown });
            } catch {
              reject(new Error(`${path} answered ${response.statusCode}: ${text.slice(0, 200)}`));
            }
          });
        },
      );
      request.on('error', reject);
      request.end(body && JSON.stringify(body));
    });
  }

  test('queries Prometheus over mutual TLS', async () => {
    const { status, json } = await ask('/api/ds/query', {
      from: 'now-5m',
      to: 'now',
      queries: [
        { refId: 'A', datasource: { uid: 'prometheus' }, expr: 'count(up == 1)', instant: true },
      ],
    });
    expect(status).toBe(200);
    const { results } = json as { results: { A: { frames: { data: { values: number[][] } }[] } } };
    expect(results.A.frames[0]?.data.values[1]?.[0]).toBeGreaterThan(10);
  });

  test('reads alerts from Alertmanager over mutual TLS', async () => {
    await eventually('Watchdog at Alertmanager', 90, async () => {
      const { json } = await ask('/api/datasources/proxy/uid/alertmanager/api/v2/alerts');
      return (json as { labels: { alertname: string } }[]).some(
        ({ labels }) => labels.alertname === 'Watchdog',
      );
    });
  });

  test('has every dashboard', async () => {
    const { json } = await ask('/api/search?type=dash-db');
    expect(json).toHaveLength(Object.keys(dashboards(settings, topology)).length);
  });

  const panels = Object.entries(dashboards(settings, topology)).flatMap(([file, text]) => {
    const { panels: all } = JSON.parse(text) as { panels: Panel[] };
    const flat = all.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
    return flat.flatMap((panel) =>
      (panel.targets ?? []).map(({ expr }) => [file, panel.title, expr ?? ''] as const),
    );
  });

  test.each(panels.filter(([, , expr]) => expr !== ''))(
    '%s: %s can be asked',
    async (_file, _title, expr) => {
      const { status, json } = await ask('/api/ds/query', {
        from: 'now-15m',
        to: 'now',
        queries: [
          {
            refId: 'A',
            datasource: { uid: 'prometheus' },
            expr: expr.replaceAll('$__rate_interval', '1m').replaceAll('$namespace', '.+'),
            range: true,
          },
        ],
      });
      expect({ status, json }).toMatchObject({ status: 200 });
    },
  );
});
