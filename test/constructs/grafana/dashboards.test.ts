import * as units from '@grafana/grafana-foundation-sdk/units';
import { dashboards } from '../../../constructs/grafana/dashboards';
import { reasonToBeEmpty } from '../../../constructs/grafana/dashboards/common';
import { dataSourceIds } from '../../../constructs/grafana/data-sources';
import { LOG_JOBS } from '../../../constructs/loki/streams';
import { prometheusConfig } from '../../../constructs/prometheus/config';
import { alertsOf, ruleGroups } from '../../../constructs/prometheus/rules';
import { settingsSchema, type VigilConfig } from '../../../constructs/settings';
import { buildTopology } from '../../../constructs/topology';
import { dashboardsOf, panelsOf, type Panel } from '../../support/dashboards';
import { find, stackOf } from '../../support/stack';

const settings = settingsSchema.parse({});
const topology = buildTopology(settings);
const files = dashboards(settings, topology);
const parsed = dashboardsOf();
const panels = panelsOf(parsed);

describe('every dashboard', () => {
  test('the overview is the first screen', () => {
    expect(files['overview.json']).toContain('"uid": "vigil-overview"');
  });

  test('has a uid of its own', () => {
    const uids = parsed.map(([, { uid }]) => uid);
    expect(uids.every((uid) => /^vigil-[a-z-]+$/.test(uid))).toBe(true);
    expect(new Set(uids).size).toBe(uids.length);
  });

  test('is the same text each time', () => {
    expect(dashboards(settings, buildTopology(settings))).toEqual(files);
  });

  test.each(Object.entries(files))('%s is small enough to be read and mounted', (_, text) => {
    expect(text.length).toBeLessThan(100_000);
  });

  test.each(parsed)('%s numbers its panels', (_, { panels: all }) => {
    expect(all.map(({ id }) => id)).toEqual(all.map((_panel, index) => index + 1));
  });

  test.each(parsed)('%s gives no two panels the same title', (_, { panels: all }) => {
    const titles = all.filter(({ type }) => type !== 'row').map(({ title }) => title);
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
  });

  test.each(parsed)('%s has no two panels in one place', (_, { panels: all }) => {
    const taken = new Map<string, string>();
    for (const { title, gridPos } of all) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (const cell of cellsOf(gridPos)) {
        expect(`${cell}: ${taken.get(cell) ?? title}`).toBe(`${cell}: ${title}`);
        taken.set(cell, title);
      }
    }
  });

  test.each(parsed)('%s leaves no hole within a line of panels', (_, { panels: all }) => {
    const cells = new Set(all.flatMap(({ gridPos }) => cellsOf(gridPos)));
    const height = Math.max(...all.map(({ gridPos }) => gridPos.y + gridPos.h));
    expect(cells.size).toBe(24 * height);
  });

  test.each(parsed)('%s uses no variable that it does not have', (_, dashboard) => {
    const variables = dashboard.templating.list ?? [];
    const own = variables.map(({ name }) => name);
    const used = [
      ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
      ...(dashboard.annotations.list ?? []).map(({ expr = '' }) => expr),
      ...variables.map(({ query }) => (typeof query === 'string' ? query : '')),
    ].flatMap((text) => [...text.matchAll(/\$\{?(?!__)([a-z_]+)/g)].map(([, name]) => name));
    expect(used.filter((name) => !own.includes(name ?? ''))).toEqual([]);
    expect(own.filter((name) => !used.includes(name))).toEqual([]);
  });

  test.each(parsed)('%s offers all values of a label, some or one', (_, { templating }) => {
    const choices = (templating.list ?? []).filter(({ type }) => type === 'query');
    for (const { includeAll, multi } of choices) expect([includeAll, multi]).toEqual([true, true]);
  });

  test.each(parsed)('%s leads to the others and marks the alerts that fire', (_, dashboard) => {
    const tags = dashboard.links.find(({ type }) => type === 'dashboards')?.tags ?? [];
    const { list: annotations = [] } = dashboard.annotations;
    expect(dashboard.tags).toEqual(tags);
    expect(annotations.map(({ expr }) => expr)).toEqual([
      expect.stringContaining('ALERTS{alertstate="firing",severity!="none"'),
      expect.stringContaining('alert_router_alerts_firing{severity!="none"'),
    ]);
  });

  test('runbooks are links where the settings say where they are', () => {
    const base = 'https://git.example.com/vigil/';
    const named = panelsOf(dashboardsOf({ alertRouter: { links: { runbooks: base } } }));
    const [, panel] = named.find(([name]) => name === 'nodes.json: CPU') ?? [];
    expect(panel?.description).toContain(
      '[docs/runbooks/NodeCpuBusy.md](https://git.example.com/vigil/docs/runbooks/NodeCpuBusy.md)',
    );
    const [, plain] = panels.find(([name]) => name === 'nodes.json: CPU') ?? [];
    expect(plain?.description).toContain('What to do: docs/runbooks/NodeCpuBusy.md.');
  });
});

describe('the cluster', () => {
  const rows = (config: VigilConfig): string[] =>
    dashboardsOf(config)
      .filter(([file]) => file === 'cluster.json')
      .flatMap(([, dashboard]) => dashboard.panels)
      .filter(({ type }) => type === 'row')
      .map(({ title }) => title);

  test('has no row of a part that is not scraped', () => {
    const all = rows({});
    const without = (config: VigilConfig): string[] =>
      all.filter((title) => !rows(config).includes(title));
    expect(without({ cluster: { apiServer: false } })).toEqual(['API server', 'etcd']);
    expect(without({ cluster: { coreDns: false } })).toEqual(['CoreDNS']);
    expect(without({ cluster: { controlPlane: false } })).toEqual([
      'Scheduler and controller-manager',
    ]);
    expect(without({ cluster: { kubelets: false } })).toEqual(['kubelet', 'Volumes']);
  });
});

describe('the audit log', () => {
  const matcher = `job="${LOG_JOBS.audit}"`;
  const askers = (config: VigilConfig): string[] =>
    dashboardsOf(config)
      .filter(([, dashboard]) =>
        dashboard.panels.some(({ targets = [] }) =>
          targets.some(({ expr }) => expr.includes(matcher)),
        ),
      )
      .map(([file]) => file);

  test.each<VigilConfig>([
    {},
    { cluster: { controlPlane: false, kubelets: false } },
    { alloy: { auditLogFolder: '/srv/audit' } },
  ])('is shown where Alloy reads it: %j', (config) => {
    const { data } = find(stackOf(config).objects, 'ConfigMap agents/alloy-config');
    const isRead = /"job" *= "audit"/.test(data?.['config.alloy'] ?? '');
    expect(askers(config)).toEqual(isRead ? ['logs.json', 'security.json'] : []);
  });

  const shown = panels.filter(([, { targets = [] }]) =>
    targets.some(({ expr }) => expr.includes(matcher)),
  );

  test.each(shown)('%s says what it shows where there is none', (_, { description = '' }) => {
    const mayBeEmpty = reasonToBeEmpty(description) !== undefined;
    expect(mayBeEmpty || description.includes('Zero also where')).toBe(true);
  });
});

function cellsOf({ x, y, w, h }: Panel['gridPos']): string[] {
  return Array.from(
    { length: w * h },
    (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`,
  );
}

describe('every panel', () => {
  test.each(panels)('%s says what it shows', (_, { title, description }) => {
    expect(title).not.toBe('');
    expect(description).toMatch(/^[A-Z].{20,}\.$/);
  });

  test.each(panels)('%s has a unit of the SDK', (_, { fieldConfig }) => {
    expect(Object.values(units)).toContain(fieldConfig?.defaults.unit);
  });

  test.each(panels)('%s has thresholds that rise', (_, { fieldConfig }) => {
    const [base, ...steps] = fieldConfig?.defaults.thresholds?.steps ?? [];
    expect(base?.value).toBeNull();
    const values = steps.map(({ value }) => value ?? NaN);
    expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
  });

  test.each(panels)('%s asks a data source of ours', (_, { datasource, targets = [] }) => {
    const asked = [datasource, ...targets.map((target) => target.datasource)].map(
      (each) => each?.uid,
    );
    expect(targets.length).toBeGreaterThan(0);
    for (const uid of asked) expect(Object.values(dataSourceIds)).toContain(uid);
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
  });
});

describe('the overview', () => {
  const config = prometheusConfig(settings, topology);
  const byTitle = (title: string): Panel => {
    const found = panels.find(([, panel]) => panel.title === title);
    if (!found) throw new Error(`no panel ${title}`);
    return found[1];
  };

  test.each(['Scrape jobs missing', 'Targets down or missing'])(
    '%s asks for every job',
    (title) => {
      const expr = byTitle(title).targets?.[0]?.expr ?? '';
      const asked = [...expr.matchAll(/absent\(up\{job="([^"]+)"\}\)/g)].map(([, job]) => job);
      expect(asked).toEqual(config.scrape_configs.map(({ job_name: name }) => name));
    },
  );

  test('turns orange and red where the certificate alerts fire', () => {
    const steps = byTitle('Time left by component').fieldConfig?.defaults.thresholds?.steps ?? [];
    const bound = (name: string): number =>
      Number(
        ruleGroups(settings, topology)
          .flatMap(alertsOf)
          .find(({ alert }) => alert === name)
          ?.expr.split('< ')[1],
      );
    expect(steps.slice(1).map(({ value }) => value)).toEqual([
      bound('CertificateAboutToExpire'),
      bound('CertificateExpiring'),
    ]);
  });

  test('the certificates follow the settings', () => {
    const short = settingsSchema.parse({ certificates: { leafLifetime: '1h' } });
    const text = dashboards(short, buildTopology(short))['overview.json'];
    expect(text).toContain('"max": 3600');
    expect(files['overview.json']).not.toContain('"max": 3600');
  });

  test('a component is found by the names of its pods', () => {
    const expr = byTitle('CPU by component').targets?.[0]?.expr ?? '';
    const [, names = ''] = /"\((.+)\)-\.\+"/.exec(expr) ?? [];
    expect(names.split('|').sort()).toEqual(topology.components.map(({ name }) => name).sort());
    const pod = new RegExp(`^(?:(${names})-.+)$`);
    expect(pod.exec('kube-state-metrics-7d9-abc')?.[1]).toBe('kube-state-metrics');
    expect(pod.exec('prometheus-0')?.[1]).toBe('prometheus');
  });
});
