import { constants, X509Certificate } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { version } from '../../../package.json';
import type { Clock } from '../../shared/clock';
import { closeServer, listen } from '../../shared/listening';
import type { Logger } from '../../shared/logger';
import { logRefusedHandshakes } from '../../shared/refusals';
import { MutualTlsServer, type TlsMaterial } from '../../shared/tls-server';
import { WatchedTls } from '../../shared/watched-tls';
import { createPublicApp, createRedirectApp } from './apps';
import type { Environment } from './environment';
import type { LoginLimit } from './login';
import { AppMetrics } from './metrics';
import { User } from './users';

export interface Surroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: 10 in a minute. */
  readonly loginLimit?: LoginLimit;
}

/** The app while it runs. */
export interface RunningApp {
  readonly ports: { readonly public: number; readonly redirect: number; readonly metrics: number };
  /** Takes no connection more, and ends what is under way within ten seconds. */
  stop(): Promise<void>;
}

const LOGIN_LIMIT: LoginLimit = { attempts: 10, windowMs: 60_000 };
/** For requests that are under way when the process is told to end. */
const GRACE_MS = 10_000;
/** For headers and body to arrive, and for a connection to say anything at all. */
const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
};
const SILENCE_MS = 30_000;
const HANDSHAKE_MS = 10_000;
/** TLS 1.3's, and of TLS 1.2 those with forward secrecy and authenticated encryption. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE+AESGCM',
  'ECDHE+CHACHA20',
].join(':');

/**
 * Starts to listen: HTTPS for everyone, plain HTTP that leads there, and /metrics with mutual TLS.
 * @throws ConfigError when the certificate or the password's file cannot be used
 * @throws Error when a port cannot be bound
 */
export async function startApp(
  environment: Environment,
  { clock, logger, loginLimit = LOGIN_LIMIT }: Surroundings,
): Promise<RunningApp> {
  const { TLS_DIRECTORY: folder, TRUST_PROXY: trustProxy } = environment;
  const { USER_NAME: name, PASSWORD_FILE: passwordFile, PUBLIC_CLIENTS: clients } = environment;
  const user = new User({ name, passwordFile });
  if (!(await user.load())) logger.warn('there is no password: nobody can log in');
  const tls = await WatchedTls.open({ folder, clock, logger });
  const metrics = new AppMetrics(version);
  const surroundings = { clock, logger, metrics, trustProxy };

  const publicApp = await createPublicApp({ ...surroundings, user, clients, loginLimit });
  const contextOf = clients ? demandingContext : secureContext;
  const options = { ...TIMEOUTS, handshakeTimeout: HANDSHAKE_MS, ...contextOf(tls.current) };
  const publicServer = https.createServer(options, (...call) => publicApp.routing(...call));
  if (clients) logRefusedHandshakes(publicServer, logger);
  const publicPort = await listen(publicServer, environment.PUBLIC_PORT);

  let certificate = new X509Certificate(tls.current.cert);
  const { HTTPS_PORT: httpsPort = publicPort } = environment;
  const redirectApp = await createRedirectApp({
    ...surroundings,
    httpsPort,
    certificate: () => certificate,
  });
  const redirectServer = http.createServer(TIMEOUTS, (...call) => redirectApp.routing(...call));
  for (const server of [publicServer, redirectServer]) server.setTimeout(SILENCE_MS);

  const { METRICS_CLIENTS: scrapers } = environment;
  const metricsServer = createMetricsServer(metrics, logger, tls.current, scrapers);
  const ports = {
    public: publicPort,
    redirect: await listen(redirectServer, environment.REDIRECT_PORT),
    metrics: await metricsServer.listen(environment.METRICS_PORT),
  };
  logger.info({ ports }, 'listening');

  const stopping = new AbortController();
  const watching = tls.run((material) => {
    publicServer.setSecureContext(contextOf(material));
    metricsServer.update(material);
    certificate = new X509Certificate(material.cert);
  }, stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    const closing = [publicServer, redirectServer].map((one) => closeServer(one, GRACE_MS));
    await Promise.all([...closing, metricsServer.close(GRACE_MS), watching]);
  };
  return { ports, stop };
}

function secureContext({ cert, key }: TlsMaterial): https.ServerOptions {
  return { cert, key, minVersion: 'TLSv1.2', ciphers: CIPHERS };
}

/** Asks visitors for a certificate, of each connection anew: one that is withdrawn stays so (no session tickets). */
function demandingContext(material: TlsMaterial): https.ServerOptions {
  return {
    ...secureContext(material),
    ca: material.ca,
    requestCert: true,
    rejectUnauthorized: true,
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

function createMetricsServer(
  { registry }: AppMetrics,
  logger: Logger,
  material: TlsMaterial,
  allowedIdentities: readonly string[],
): MutualTlsServer {
  return new MutualTlsServer({
    material,
    allowedIdentities,
    logger,
    onError: (err) => logger.error({ err }, 'metrics failed'),
    handler: async ({ method, url }, response) => {
      if (method !== 'GET' || url !== '/metrics') {
        response.writeHead(404).end();
        return;
      }
      const text = await registry.metrics();
      response.writeHead(200, { 'content-type': registry.contentType }).end(text);
    },
  });
}
