import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { contextOf, toYaml } from '../../constructs/kubernetes';
import { loadSettings } from '../../constructs/settings';
import type { Manifest } from '../../constructs/synth';
import { vigil } from '../../constructs/vigil';
import { chartsOf, topologyWith } from './components';

/**
 * Synthesises the stack with further exporters into a folder, in a process of its own because loading counts:
 * `tsx synth-many.ts <folder> <count>`. Prints what it made as JSON.
 */
function synthMany(folder: string, count: number): object {
  const settings = loadSettings();
  const topology = topologyWith(count, settings);
  const context = contextOf(settings, topology);
  const app = new App();
  const charts = [...vigil(app, context), ...chartsOf(app, context, count)];
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const kinds = charts.flatMap((chart) => {
    const objects = chart.toJson() as Manifest[];
    writeFileSync(join(folder, `${chart.node.id}.k8s.yaml`), objects.map(toYaml).join('---\n'));
    return objects.map(({ kind }) => kind);
  });
  return {
    charts: charts.length,
    objects: kinds.length,
    policies: kinds.filter((kind) => kind === 'NetworkPolicy').length,
    leaves: topology.plan.leaves.length,
    scrapeJobs: topology.scrapeJobs.length,
  };
}

const [folder = '', count = ''] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(synthMany(folder, Number(count)))}\n`);
