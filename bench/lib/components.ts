import type { App, Chart } from 'cdk8s';
import {
  ComponentChart,
  WEB_CONFIG,
  WebConfig,
  Workload,
  tcpProbe,
} from '../../constructs/kubernetes';
import type { Context } from '../../constructs/kubernetes';
import type { Settings } from '../../constructs/settings';
import { buildTopology, type Model, type Topology } from '../../constructs/topology';
import { model } from '../../constructs/topology/flows';

const PORT = 9100;

/** The topology with further exporters, as if someone had added a row and its flows for each. */
export function topologyWith(count: number, settings: Settings): Topology {
  const base = model(settings);
  const keys = keysOf(count);
  const rows: Model = {
    ...base,
    components: {
      ...base.components,
      ...Object.fromEntries(
        keys.map((key) => [
          key,
          {
            namespace: 'monitoring',
            workload: 'Deployment',
            ports: { metrics: PORT },
            rereads: 'all',
          } as const,
        ]),
      ),
    },
    flows: [
      ...base.flows,
      ...keys.flatMap((to) => [
        { from: 'prometheus', to, port: 'metrics', why: 'one more exporter', scrape: {} },
        { from: 'blackboxExporter', to, port: 'metrics', why: 'expiry of its certificate' },
      ]),
    ],
  };
  return buildTopology(settings, rows);
}

const keysOf = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `exporter${index + 1}`);

/** Charts of those exporters. */
export const chartsOf = (app: App, context: Context, count: number): Chart[] =>
  keysOf(count).map((key) => new Exporter(app, context, key));

/** An exporter of the usual kind: exporter-toolkit's web configuration, one port, probes. */
class Exporter extends ComponentChart {
  public constructor(app: App, context: Context, key: string) {
    super(app, context, key);
    const web = new WebConfig(this, this.component, context.topology);
    new Workload(this, {
      user: 65_534,
      files: [web],
      containers: [
        {
          name: 'blackboxExporter',
          args: [`--web.listen-address=:${PORT}`, `--web.config.file=${WEB_CONFIG}`],
          ports: this.component.ports,
          readiness: tcpProbe(PORT, { periodSeconds: 10 }),
          liveness: tcpProbe(PORT, { periodSeconds: 30 }),
          mounts: [web.mount],
        },
      ],
    });
  }
}
