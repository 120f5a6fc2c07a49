import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Clock } from '../../shared/clock';
import type { AppMetrics } from './metrics';
import { page } from './pages';

export interface HttpAppOptions {
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
  readonly metrics: AppMetrics;
  /** Addresses and networks whose X-Forwarded-For is believed. */
  readonly trustProxy: readonly string[];
  /** Sent with every answer. */
  readonly headers: Readonly<Record<string, string>>;
}

const BODY_LIMIT = 16 * 1024;
/** Characters of text from strangers that are logged. */
const LOGGED_LENGTH = 256;
/** Characters of a target that are logged, as of Apache's and nginx' (constructs/web/access-log.ts). */
const LOGGED_PATH_LENGTH = 1024;
const REQUEST_ID = /^[\w.-]{1,64}$/;
/** nginx's number for a client that went away before its answer. */
const CLIENT_CLOSED_REQUEST = 499;
/** Control characters, and those that cannot be seen or turn the direction of text around. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * A fastify app without routes in which every request, however it ends, gets an id, one line in the access log and its
 * part in the metrics; and every error an answer that tells strangers nothing.
 */
export function createHttpApp(options: HttpAppOptions): FastifyInstance {
  const { logger, trustProxy } = options;
  const begin = (request: FastifyRequest, reply: FastifyReply): void => {
    reply.headers({ ...options.headers, 'x-request-id': request.id });
    observe(options, request, reply);
  };
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'requestId',
    }),
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
    trustProxy: trustProxy.length > 0 && [...trustProxy],
    bodyLimit: BODY_LIMIT,
    // Requests that never reach a route or a hook, for their path is not well-formed: scanners send them.
    frameworkErrors: (error, request, reply) => {
      begin(request, reply);
      refuse(request, reply, error.statusCode ?? 400);
    },
  });
  app.addHook('onRequest', (request, reply, done) => {
    begin(request, reply);
    done();
  });
  app.setNotFoundHandler((request, reply) => refuse(request, reply, 404));
  app.setErrorHandler<FastifyError>((err, request, reply) => {
    const { statusCode = 500 } = err;
    if (statusCode >= 500) request.log.error({ err }, 'Request failed');
    return refuse(request, reply, statusCode);
  });
  return app;
}

/** Answers with an error, as a page to browsers and as JSON to everyone else. */
export function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  error = STATUS_CODES[status] ?? 'Error',
): FastifyReply {
  reply.code(status);
  if (!request.headers.accept?.includes('text/html')) {
    return reply.send({ error, requestId: request.id });
  }
  const body = `<p>Request ${request.id}</p>\n<p><a href="/">Start again</a></p>`;
  return reply.type('text/html; charset=utf-8').send(page(error, body));
}

/** Who sent a request, as log lines name it. IPv4 addresses are so even on a socket for both families. */
export function clientOf(request: FastifyRequest): string {
  return printable(request.ip ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}

/** Text from a stranger as it may stand in a log. */
export function printable(text: string, maxLength = LOGGED_LENGTH): string {
  return Array.from(text.replace(INVISIBLE, '')).slice(0, maxLength).join('');
}

function observe(
  { clock, metrics }: HttpAppOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const since = clock.monotonic();
  // Now: a connection that is closed has no address any more.
  const client = clientOf(request);
  metrics.countBegin();
  // Unlike onResponse, this comes also when the client goes away.
  reply.raw.once('close', () => {
    const { method, url, headers, routeOptions } = request;
    const elapsedMs = clock.monotonic() - since;
    const { writableFinished: isSent } = reply.raw;
    const status = isSent ? reply.statusCode : CLIENT_CLOSED_REQUEST;
    const isEmpty = method === 'HEAD' || !isSent;
    metrics.countEnd({ method, route: routeOptions.url, code: status, seconds: elapsedMs / 1000 });
    request.log.info({
      method,
      // With its query, where attacks stand; secrets in it are taken out where the line is read (constructs/alloy).
      path: printable(url, LOGGED_PATH_LENGTH),
      status,
      bytes: isEmpty ? 0 : Number(reply.getHeader('content-length') ?? 0),
      durationMs: Math.round(elapsedMs * 1000) / 1000,
      client,
      userAgent: printable(headers['user-agent'] ?? ''),
    });
  });
}
