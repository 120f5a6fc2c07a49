import * as units from '@grafana/grafana-foundation-sdk/units';
import { contextOf, toYaml } from '../../../constructs/kubernetes';
import { dashboards } from '../../../constructs/grafana/dashboards';
import { dataSourceIds } from '../../../constructs/grafana/data-sources';
import { prometheusConfig } from '../../../constructs/prometheus/config';
import { alertsOf, ruleGroups } from '../../../constructs/prometheus/rules';
import { EXPIRY_JOB } from '../../../constructs/prometheus/scrape-jobs';
import type { RelabelConfig } from '../../../constructs/prometheus/types';
import { settingsSchema } from '../../../constructs/settings';
import { manifestsOf } from '../../../constructs/synth';
import { buildTopology } from '../../../constructs/topology';
import { ControllerMetrics } from '../../../services/certificate-controller/src/metrics';
import { describeWith } from '../../support/tools';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string;
      readonly thresholds?: { readonly steps: readonly { value: number | null }[] };
    };
  };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly datasource: { readonly uid: string };
  }[];
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
}

const settings = settingsSchema.parse({});
const topology = buildTopology(settings);
const files = dashboards(settings, topology);
const parsed = Object.entries(files).map(
  ([file, text]) => [file, JSON.parse(text) as Dashboard] as const,
);
const config = prometheusConfig(settings, topology);

const isRow = ({ type }: Panel): boolean => type === 'row';
const panels = parsed.flatMap(([file, { panels: all }]) =>
  all.filter((panel) => !isRow(panel)).map((panel) => [`${file}: ${panel.title}`, panel] as const),
);
const exprs = panels.flatMap(([name, { targets = [] }]) =>
  targets.map(({ refId, expr }) => [`${name} ${refId}`, expr] as const),
);

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
    const own = dashboard.templating.list.map(({ name }) => name);
    const used = dashboard.panels
      .flatMap(({ targets = [] }) => targets)
      .flatMap(({ expr }) => [...expr.matchAll(/\$([a-z_]+)/g)].map(([, name]) => name));
    const known = [...own, '__rate_interval'];
    expect(used.filter((name) => !known.includes(name ?? ''))).toEqual([]);
    expect(own.filter((name) => !used.includes(name))).toEqual([]);
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

/** The job that a family of metrics comes from, by its prefix; the longest counts. */
const OWNERS: readonly (readonly [string, string])[] = [
  ['kube_', 'kube-state-metrics'],
  ['node_', 'node-exporter'],
  ['container_', 'cadvisor'],
  ['prometheus_', 'prometheus'],
  ['alertmanager_', 'alertmanager'],
  ['probe_', EXPIRY_JOB],
  ['vigil_certificate_', 'certificate-controller'],
];

/** Series that Prometheus makes itself. */
const SYNTHETIC = ['up', 'ALERTS'];

/** Names of the metrics of an expression: identifiers that no parenthesis follows, outside of strings and labels. */
function metricsOf(expr: string): string[] {
  const bare = expr
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '');
  const words = [...bare.matchAll(/[a-zA-Z_:][\w:]*(?!\w*\s*\()/g)].map(([word]) => word);
  return words.filter((word) => !['or', 'and', 'unless', 'bool'].includes(word));
}

const namesOnly = ({ source_labels: labels }: RelabelConfig): boolean =>
  labels?.length === 1 && labels[0] === '__name__';

/** Whether a metric passes those metric relabelings of a job that look at nothing but its name. */
function isKept(metric: string, job: string): boolean {
  const scrape = config.scrape_configs.find(({ job_name: name }) => name === job);
  return (scrape?.metric_relabel_configs ?? [])
    .filter(namesOnly)
    .every(({ regex = '', action }) => {
      const matches = new RegExp(`^(?:${regex})$`).test(metric);
      if (action === 'keep') return matches;
      return action === 'drop' ? !matches : true;
    });
}

describe('every expression', () => {
  test('the reader of expressions finds metrics and nothing else', () => {
    const expr =
      'sum by (a) (rate(x_total{b="c",d=~"e"}[5m])) / count(up) or vector(0) unless y == 1';
    expect(metricsOf(expr)).toEqual(['x_total', 'up', 'y']);
  });

  test.each(exprs)('%s is of metrics that are scraped and kept', (_, expr) => {
    const metrics = metricsOf(expr).filter((metric) => !SYNTHETIC.includes(metric));
    for (const metric of metrics) {
      const job = OWNERS.find(([prefix]) => metric.startsWith(prefix))?.[1] ?? '';
      expect(config.scrape_configs.map(({ job_name: name }) => name)).toContain(job);
      expect(`${metric} kept: ${isKept(metric, job)}`).toBe(`${metric} kept: true`);
    }
  });

  test('none is of a family that kube-state-metrics is told to leave out', () => {
    const denied = JSON.stringify(manifestsOf(contextOf(settings)))
      .match(/--metric-denylist=([^"]+)/)?.[1]
      ?.split(',')
      .map((family) => new RegExp(family.replaceAll('\\\\', '\\')));
    expect(denied?.length).toBeGreaterThan(0);
    const used = exprs
      .flatMap(([, expr]) => metricsOf(expr))
      .filter((name) => name.startsWith('kube_'));
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((name) => denied?.some((family) => family.test(name)))).toEqual([]);
  });

  test('those of the certificate-controller are metrics that it has', async () => {
    const own = (await new ControllerMetrics().registry.getMetricsAsJSON()).map(({ name }) => name);
    const used = exprs
      .flatMap(([, expr]) => metricsOf(expr))
      .filter((name) => name.startsWith('vigil_'));
    expect(used.length).toBeGreaterThan(0);
    expect(own).toEqual(expect.arrayContaining(used));
  });

  test("an object's namespace is not covered by that of kube-state-metrics", () => {
    const job = config.scrape_configs.find(({ job_name: name }) => name === 'kube-state-metrics');
    const labels = job?.relabel_configs.map(({ target_label: label }) => label);
    expect(labels).not.toContain('namespace');
    expect(labels).toContain('instance');
  });
});

describeWith('promtool', 'promtool', (bench) => {
  // A recording rule is the one place where the stable promtool reads an expression without a server.
  const rules = exprs.map(([, expr], index) => ({
    record: `panel:${index}`,
    expr: filledIn(expr),
  }));
  const { run } = bench(() => ({
    'panels.yml': toYaml({ groups: [{ name: 'panels', rules }] }),
    'broken.yml': toYaml({ groups: [{ name: 'broken', rules: [{ record: 'a', expr: 'sum(' }] }] }),
  }));

  test('reads every expression', () => {
    const { code, output } = run('check', 'rules', 'panels.yml');
    expect(output).toContain(`${exprs.length} rules found`);
    expect(code).toBe(0);
  });

  test('would refuse one that is no PromQL', () => {
    expect(run('check', 'rules', 'broken.yml').code).not.toBe(0);
  });
});

/** The expression as Grafana sends it, with its variables filled in. */
function filledIn(expr: string): string {
  return expr.replaceAll('$__rate_interval', '1m').replaceAll('$namespace', 'monitoring|agents');
}

describe('the overview', () => {
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
