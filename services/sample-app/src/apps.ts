import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { peerIdentity } from '../../shared/peer-identity';
import { logRefusedIdentity } from '../../shared/refusals';
import { createHttpApp, type HttpAppOptions, refuse } from './http-app';
import { addLogin, type LoginLimit, sendPage } from './login';
import { HOME_PAGE, SECURITY_HEADERS } from './pages';
import type { User } from './users';

type Surroundings = Omit<HttpAppOptions, 'headers'>;

export interface PublicAppOptions extends Surroundings {
  readonly user: User;
  /** SPIFFE IDs that may visit; undefined: everyone. The listener asks for the certificates. */
  readonly clients: readonly string[] | undefined;
  readonly loginLimit: LoginLimit;
}

export interface RedirectAppOptions extends Surroundings {
  /** Port of HTTPS as browsers see it. */
  readonly httpsPort: number;
  /** Whose names are redirected to. */
  readonly certificate: () => X509Certificate;
}

const HSTS = { 'strict-transport-security': 'max-age=31536000' };
/** A name, or an address, and a port. */
const HOST = /^(\[([0-9a-f:.]+)\]|[a-z0-9.-]+)(?::\d{1,5})?$/i;

/** What everyone sees, over HTTPS. */
export async function createPublicApp(options: PublicAppOptions): Promise<FastifyInstance> {
  const { clients, logger, loginLimit: limit, metrics, user } = options;
  const app = createHttpApp({ ...options, headers: { ...SECURITY_HEADERS, ...HSTS } });
  if (clients) {
    app.addHook('onRequest', (request, reply, done) => {
      const identity = peerIdentity((request.raw.socket as TLSSocket).getPeerX509Certificate());
      if (identity !== undefined && clients.includes(identity)) return done();
      logRefusedIdentity(logger, identity, request.raw);
      refuse(request, reply, 403);
    });
  }
  app.get('/', (_request, reply) => sendPage(reply, HOME_PAGE));
  app.get('/error', () => {
    throw new Error('deliberate failure, to see how one is reported');
  });
  // Probes come every few seconds and say nothing in a log.
  app.get('/healthz', { logLevel: 'warn' }, (_request, reply) => reply.send({ status: 'ok' }));
  await addLogin(app, { user, metrics, limit });
  await app.ready();
  return app;
}

/**
 * Redirects plain HTTP to HTTPS under the same name, if that is one of our certificate: a forged Host leads nowhere.
 */
export async function createRedirectApp(options: RedirectAppOptions): Promise<FastifyInstance> {
  const { certificate, httpsPort } = options;
  const port = httpsPort === 443 ? '' : `:${httpsPort}`;
  const app = createHttpApp({ ...options, headers: SECURITY_HEADERS });
  // The answer is given here, so that no body is read: nothing comes after this hook.
  app.addHook('onRequest', (request, reply) => {
    const [, host, ipv6] = HOST.exec(request.headers.host ?? '') ?? [];
    const isOurs = host !== undefined && isNameOf(certificate(), ipv6 ?? host);
    if (!isOurs || !request.url.startsWith('/')) refuse(request, reply, 400);
    else reply.redirect(`https://${host}${port}${request.url}`, 308);
  });
  await app.ready();
  return app;
}

function isNameOf(certificate: X509Certificate, host: string): boolean {
  const found = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
  return found !== undefined;
}
