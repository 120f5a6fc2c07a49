import type { KubeClient } from '../../cli/lib/kube-client';
import { forwardPort, type Forwarding } from '../../cli/lib/port-forward';
import { readSecret } from '../../cli/lib/technician';
import { reasonToBeEmpty } from '../../constructs/grafana/dashboards/common';
import { withText } from '../../constructs/loki/selectors';
import { LOG_JOBS } from '../../constructs/loki/streams';
import { GRAFANA_PASSWORD } from '../../constructs/topology';
import {
  readDashboards,
  withVariables,
  type Dashboard,
  type Panel,
  type Variable,
} from '../support/dashboards';
import { ask } from '../support/request';
import { connect, eventually, firedFromLogs, settings, topology } from './support/cluster';

/** Time within which a panel shows something, in seconds: rates need several scrapes of a cluster that is new. */
const PATIENCE = 90;

/** How Grafana's pages would draw a graph of this dashboard: a point for each of these milliseconds. */
const INTERVAL_MS = 30_000;

interface Frame {
  readonly data: { readonly values: readonly (readonly unknown[])[] };
}

interface Result {
  readonly status: number;
  readonly error?: string;
  readonly frames?: readonly Frame[];
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
  async function askGrafana(
    path: string,
    body?: object,
  ): Promise<{ status: number; json: unknown }> {
    const { status, text } = await ask(
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
      body && JSON.stringify(body),
    );
    try {
      return { status, json: JSON.parse(text) as unknown };
    } catch {
      throw new Error(`${path} answered ${status}: ${text.slice(0, 200)}`);
    }
  }

  test('queries Prometheus over mutual TLS', async () => {
    const { status, json } = await askGrafana('/api/ds/query', {
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

  test('queries Loki over mutual TLS', async () => {
    const { status, json } = await askGrafana('/api/ds/query', {
      // A web server at rest says nothing but at its start.
      from: 'now-24h',
      to: 'now',
      queries: [
        {
          refId: 'A',
          datasource: { uid: 'loki', type: 'loki' },
          expr: 'count(sum by (job) (count_over_time({job=~".+"} [$__range])))',
          queryType: 'instant',
        },
      ],
    });
    expect(status).toBe(200);
    const { results } = json as { results: { A: { frames: { data: { values: number[][] } }[] } } };
    expect(results.A.frames[0]?.data.values[1]?.[0]).toBe(Object.keys(LOG_JOBS).length);
  });

  test('leads from a line about a request to all lines about it', async () => {
    const { json } = await askGrafana('/api/datasources/uid/loki');
    const { derivedFields } = (json as { jsonData: { derivedFields: { url: string }[] } }).jsonData;
    expect(derivedFields.map(({ url }) => url)).toEqual([withText('${__value.raw}')]);
  });

  test('reads alerts from Alertmanager over mutual TLS', async () => {
    await eventually('Watchdog at Alertmanager', 90, async () => {
      const { json } = await askGrafana('/api/datasources/proxy/uid/alertmanager/api/v2/alerts');
      return (json as { labels: { alertname: string } }[]).some(
        ({ labels }) => labels.alertname === 'Watchdog',
      );
    });
  });

  const all = readDashboards(settings);

  test('has every dashboard', async () => {
    const { json } = await askGrafana('/api/search?type=dash-db');
    expect(json).toHaveLength(all.length);
  });

  const choices = all.flatMap(([file, dashboard]) =>
    (dashboard.templating.list ?? [])
      .filter(({ type }) => type === 'query')
      .map((variable) => ({ file, dashboard, variable, name: variable.name })),
  );

  test.each(choices)('$file: variable $name offers something', async ({ dashboard, variable }) => {
    const { status, json } = await askGrafana(valuesOf(variable, dashboard));
    expect(status).toBe(200);
    expect((json as { data: string[] }).data.length).toBeGreaterThan(0);
  });

  /** The answers to the queries of a panel, by their letters. */
  async function answers(panel: Panel, dashboard: Dashboard): Promise<Record<string, Result>> {
    const { json } = await askGrafana('/api/ds/query', {
      from: dashboard.time.from,
      to: 'now',
      queries: (panel.targets ?? []).map((target) => ({
        ...target,
        expr: withVariables(target.expr, dashboard),
        intervalMs: INTERVAL_MS,
        maxDataPoints: 500,
      })),
    });
    return (json as { results: Record<string, Result> }).results;
  }

  const panels = all.flatMap(([file, dashboard]) =>
    dashboard.panels
      .filter(({ targets }) => targets)
      .map((panel) => ({ file, dashboard, panel, title: panel.title })),
  );
  const empty: string[] = [];
  /** Alerts from logs that fired before this, such as those of the drills: what they are about is no longer well. */
  let fired: string[] = [];
  beforeAll(async () => {
    fired = await firedFromLogs(client, 30);
    process.stdout.write(`Alerts from logs before this: ${fired.join(', ')}\n`);
  });
  afterAll(() => {
    process.stdout.write(`Panels that are empty, and why:\n${empty.join('')}`);
  });

  test.each(panels)('$file: $title shows data', async ({ file, title, dashboard, panel }) => {
    const { description = '', targets = [] } = panel;
    const reason = reasonToBeEmpty(description);
    const isAboutFired = fired.some((name) => description.includes(`/${name}.md`));
    let without: string[] = [];
    const isShown = async (): Promise<boolean> => {
      const results = await answers(panel, dashboard);
      const wrong = Object.values(results).filter(({ status }) => status !== 200);
      if (wrong.length > 0) throw new Error(wrong.map(({ error }) => error).join('; '));
      without = targets.map(({ refId }) => refId).filter((refId) => !hasData(results[refId]));
      if (without.length === 0) return true;
      return reason !== undefined && !(isAboutFired && without.length === targets.length);
    };
    await eventually('each of its queries finds something', PATIENCE, isShown);
    const share = without.length < targets.length ? ' (in part)' : '';
    if (without.length > 0) empty.push(`  ${file}: ${title}${share}: ${reason ?? ''}\n`);
  });
});

/** Whether there is a value that can be shown: neither nothing at all, nor nothing but times and NaN. */
const hasData = (result: Result | undefined): boolean =>
  (result?.frames ?? []).some(({ data: { values } }) =>
    values.slice(1).some((column) => column.some((value) => value !== null)),
  );

/** Where Grafana's pages ask for the values of a variable. */
function valuesOf({ name, query, datasource }: Variable, dashboard: Dashboard): string {
  const resources = `/api/datasources/uid/${datasource?.uid ?? ''}/resources`;
  if (typeof query === 'string') {
    const [, series = ''] = /^label_values\((.+), \w+\)$/.exec(query) ?? [];
    const match = encodeURIComponent(withVariables(series, dashboard));
    return `${resources}/api/v1/label/${name}/values?match[]=${match}`;
  }
  const { stream } = query as { stream: string };
  return `${resources}/label/${name}/values?query=${encodeURIComponent(withVariables(stream, dashboard))}`;
}
