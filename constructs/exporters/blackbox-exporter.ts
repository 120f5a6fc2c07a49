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
import { expiryModule, pageModule } from '../prometheus/config';
import { isPage, type Component, type Topology } from '../topology';

const CONFIG = '/etc/blackbox';

/** Of a probe. */
const TIMEOUT = '5s';

/**
 * Probes each component from outside: the certificate that it really serves, and of the web servers the page. The
 * modules for certificates do nothing but the handshake, and those for pages show no certificate, so that whoever may
 * ask for a probe cannot send a request with this exporter's identity; but where visitors need a certificate, the page
 * can be asked for only with one.
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

/** Modules for each component that is probed: a certificate is good only for the name that it was issued to. */
function blackboxConfig(
  blackbox: Component,
  topology: Topology,
): { modules: Record<string, object> } {
  const ends = new Set(topology.flowsFrom(blackbox).map(({ to }) => to));
  const probed = topology.components.filter((component) => ends.has(component));
  return {
    modules: Object.fromEntries([
      ...probed.map((component) => [
        expiryModule(component),
        {
          prober: 'tcp',
          timeout: TIMEOUT,
          tcp: { tls: true, tls_config: clientTls(component.dnsName) },
        },
      ]),
      ...probed.filter(isPage).map((component) => [pageModule(component), pageProbe(component)]),
    ]) as Record<string, object>,
  };
}

function pageProbe(component: Component): object {
  const { ca_file, cert_file, key_file, server_name } = clientTls(component.dnsName);
  const identity = component.open?.web ? {} : { cert_file, key_file };
  return {
    prober: 'http',
    timeout: TIMEOUT,
    http: {
      fail_if_not_ssl: true,
      follow_redirects: false,
      preferred_ip_protocol: 'ip4',
      tls_config: { ca_file, server_name, ...identity },
    },
  };
}
