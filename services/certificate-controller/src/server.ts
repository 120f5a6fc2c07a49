import type { Logger } from '../../shared/logger';
import { MutualTlsServer, type TlsMaterial } from '../../shared/tls-server';
import type { ControllerMetrics } from './metrics';

export interface MetricsServerOptions {
  readonly port: number;
  /** SPIFFE IDs that may read the metrics. */
  readonly clients: readonly string[];
  readonly metrics: ControllerMetrics;
  readonly logger: Logger;
}

/**
 * `/metrics` over mutual TLS, with the certificate that the controller issues to itself. It listens
 * as soon as there is one: until then the pod is rightly not ready.
 */
export class MetricsServer {
  private server: MutualTlsServer | undefined;
  private material: TlsMaterial | undefined;

  constructor(private readonly options: MetricsServerOptions) {}

  /**
   * Starts with, or changes to, this certificate.
   * @throws Error when the port cannot be bound
   */
  async use(material: TlsMaterial): Promise<void> {
    if (this.server) this.update(this.server, material);
    else await this.start(material);
    this.material = material;
  }

  /** Stops listening. */
  async close(): Promise<void> {
    await this.server?.close();
  }

  private update(server: MutualTlsServer, material: TlsMaterial): void {
    const { cert, key, ca } = this.material ?? {};
    if (cert !== material.cert || key !== material.key || ca !== material.ca) {
      server.update(material);
    }
  }

  private async start(material: TlsMaterial): Promise<void> {
    const { port, clients, metrics, logger } = this.options;
    const server = new MutualTlsServer({
      material,
      allowedIdentities: clients,
      logger,
      onError: (error) => logger.error({ error: (error as Error).message }, 'metrics failed'),
      handler: async (request, response) => {
        if (request.method !== 'GET' || request.url !== '/metrics') {
          response.writeHead(404).end();
          return;
        }
        const text = await metrics.registry.metrics();
        response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text);
      },
    });
    const bound = await server.listen(port);
    this.server = server;
    logger.info({ port: bound }, 'metrics over mutual TLS');
  }
}
