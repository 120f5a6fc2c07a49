import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouterConfig } from '../../../../constructs/alert-router/router-config';
import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import { logRefusedIdentity } from '../../../shared/refusals';
import { MutualTlsServer, type TlsMaterial } from '../../../shared/tls-server';
import { BodyReader, BodyTooLarge } from './body';
import { type ApiRequest, type ApiResponse, json, type Route } from './routes';
import { RouteTable } from './route-table';

export interface RouterServerOptions {
  readonly material: TlsMaterial;
  readonly routes: readonly Route[];
  /** Who may ask what, at this moment. */
  readonly clients: () => RouterConfig['clients'];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: { countWebhook(code: number): void; observeAck(seconds: number): void };
}

export const WEBHOOK_PATH = '/api/v1/webhook';
/** Alertmanager keeps idle connections for 5 minutes; one that we close first costs it a failed request. */
const KEEP_ALIVE_MS = 330_000;
/** For a request to arrive. */
const REQUEST_TIMEOUT_MS = 30_000;
/** For the answer. An Alertmanager of a pair waits 15 s for the other one. */
const ANSWER_TIMEOUT_MS = 5_000;

/**
 * The router's endpoints over mutual TLS. Alertmanager tries again after a 5xx and never after a 4xx, so whatever is
 * wrong on our side is 503.
 */
export class RouterServer {
  private readonly server: MutualTlsServer;
  private readonly table: RouteTable;
  private readonly bodies = new BodyReader();
  private draining = false;

  constructor(private readonly options: RouterServerOptions) {
    const { material, routes, clients, logger } = options;
    this.table = new RouteTable(routes);
    this.server = new MutualTlsServer({
      material,
      allowedIdentities: (identity) =>
        Object.values(clients()).some((identities) => identities.includes(identity)),
      keepAliveTimeoutMs: KEEP_ALIVE_MS,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      logger,
      onError: (error) => logger.error({ error: (error as Error).message }, 'request failed'),
      onRefused: ({ url }) => {
        if (url === WEBHOOK_PATH) options.metrics.countWebhook(403);
      },
      handler: (request, response, identity) => this.handle(request, response, identity),
    });
  }

  /** @throws Error when the port cannot be bound */
  listen(port: number, host?: string): Promise<number> {
    return this.server.listen(port, host);
  }

  /** @throws Error when certificate and key do not belong together; the old ones then stay */
  update(material: TlsMaterial): void {
    this.server.update(material);
  }

  /** From now on nothing is taken: 503. */
  drain(): void {
    this.draining = true;
  }

  /** Stops listening; running requests have so many milliseconds to end. */
  close(graceMs: number): Promise<void> {
    return this.server.close(graceMs);
  }

  private async handle(
    request: IncomingMessage,
    response: ServerResponse,
    identity: string,
  ): Promise<void> {
    const { url = '/' } = request;
    const isWebhook = url === WEBHOOK_PATH;
    const answer = await this.answer(request, url, identity);
    if (isWebhook) this.options.metrics.countWebhook(answer.status);
    if (response.destroyed) return;
    response.writeHead(answer.status, {
      'x-content-type-options': 'nosniff',
      'content-length': Buffer.byteLength(answer.body),
      ...answer.headers,
    });
    response.end(answer.body);
  }

  private async answer(
    request: IncomingMessage,
    url: string,
    identity: string,
  ): Promise<ApiResponse> {
    const cut = url.indexOf('?');
    const path = cut < 0 ? url : url.slice(0, cut);
    const { route, refusal } = this.table.find(request.method, path);
    if (!route) return refusal;
    const clients = this.options.clients();
    if (!route.audience.some((audience) => clients[audience].includes(identity))) {
      logRefusedIdentity(this.options.logger, identity, request);
      return json(403, { error: 'identity not allowed here' });
    }
    try {
      return await this.bodies.use(request, (body) => {
        if (this.draining && route.method === 'POST') return unavailable('shutting down');
        const query = new URLSearchParams(cut < 0 ? '' : url.slice(cut));
        return this.inTime(route, { path, query, body, identity });
      });
    } catch (error) {
      return this.failure(error, path);
    }
  }

  private async inTime(route: Route, request: ApiRequest): Promise<ApiResponse> {
    const { clock, metrics } = this.options;
    const since = clock.monotonic();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<ApiResponse>((resolve) => {
      timer = setTimeout(() => resolve(unavailable('too slow')), ANSWER_TIMEOUT_MS);
    });
    try {
      return await Promise.race([route.handle(request), late]);
    } finally {
      clearTimeout(timer);
      if (request.path === WEBHOOK_PATH) metrics.observeAck((clock.monotonic() - since) / 1000);
    }
  }

  private failure(error: unknown, path: string): ApiResponse {
    const { message } = error as Error;
    this.options.logger.error({ path, error: message }, 'request not taken');
    return error instanceof BodyTooLarge
      ? json(413, { error: message })
      : unavailable('try again later');
  }
}

/** Try again: not taken now, for a reason that passes. */
function unavailable(error: string): ApiResponse {
  const { body, headers } = json(503, { error });
  return { status: 503, headers: { ...headers, 'retry-after': '5' }, body };
}
