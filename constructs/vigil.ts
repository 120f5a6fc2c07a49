import type { App, Chart } from 'cdk8s';
import { AlertRouter } from './alert-router/alert-router';
import { Alertmanager } from './alertmanager/alertmanager';
import { Alloy } from './alloy/alloy';
import { CertificateController } from './certificates/certificate-controller';
import { BlackboxExporter } from './exporters/blackbox-exporter';
import { Cadvisor } from './exporters/cadvisor';
import { KubeStateMetrics } from './exporters/kube-state-metrics';
import { NodeExporter } from './exporters/node-exporter';
import { Grafana } from './grafana/grafana';
import { Namespaces, NetworkPolicies, type Context } from './kubernetes';
import { Loki } from './loki/loki';
import { Prometheus } from './prometheus/prometheus';
import { Apache } from './web/apache';
import { Nginx } from './web/nginx';
import { SampleApp } from './web/sample-app';

/** The architecture: the charts of the stack in reading order, which is the order of `dist/` and of applying. */
export function vigil(app: App, context: Context): Chart[] {
  return [
    new Namespaces(app),
    new NetworkPolicies(app, context),

    new CertificateController(app, context),

    new Prometheus(app, context),
    new Alertmanager(app, context),
    new AlertRouter(app, context),
    new Grafana(app, context),
    new Loki(app, context),

    new NodeExporter(app, context),
    new Cadvisor(app, context),
    new Alloy(app, context),
    new KubeStateMetrics(app, context),
    new BlackboxExporter(app, context),

    new Apache(app, context),
    new Nginx(app, context),
    new SampleApp(app, context),
  ];
}
