import type { Construct } from 'constructs';
import {
  ComponentChart,
  ConfigFiles,
  WEB_CONFIG,
  WebConfig,
  Workload,
  clientTls,
  tcpProbe,
  toYaml,
  type Context,
} from '../kubernetes';
import { expiryModule } from '../prometheus/config';
import type { Component, Topology } from '../topology';

const CONFIG = '/etc/blackbox';

/**
 * Probes from outside each component: for now the certificate that it really serves. A module does nothing but the
 * handshake, so that whoever may ask for a probe cannot send a request with this exporter's identity.
 */
export class BlackboxExporter extends ComponentChart {
  public constructor(scope: Construct, context: Context) {
    super(scope, context, 'blackboxExporter');
    const { component } = this;
    const port = component.ports.metrics ?? 0;
    const web = new WebConfig(this, component, context.topology);
    const config = new ConfigFiles(this, {
      name: 'blackbox-config',
      mountPath: CONFIG,
      files: { 'blackbox.yml': toYaml(blackboxConfig(component, context.topology)) },
    });
    new Workload(this, {
      user: 65_534,
      files: [config, web],
      containers: [
        {
          name: 'blackboxExporter',
          args: [
            `--config.file=${CONFIG}/blackbox.yml`,
            `--web.listen-address=:${port}`,
            `--web.config.file=${WEB_CONFIG}`,
            '--history.limit=10',
          ],
          ports: component.ports,
          readiness: tcpProbe(port, { periodSeconds: 10 }),
          liveness: tcpProbe(port, { periodSeconds: 30 }),
          mounts: [config.mount, web.mount],
        },
      ],
    });
  }
}

/** A module for each component that is probed: a certificate is good only for the name that it was issued to. */
function blackboxConfig(
  blackbox: Component,
  topology: Topology,
): { modules: Record<string, object> } {
  const probed = new Set(topology.flowsFrom(blackbox).map(({ to }) => to));
  return {
    modules: Object.fromEntries(
      topology.components
        .filter((component) => probed.has(component))
        .map((component) => [
          expiryModule(component),
          {
            prober: 'tcp',
            timeout: '5s',
            tcp: { tls: true, tls_config: clientTls(component.dnsName) },
          },
        ]),
    ),
  };
}
