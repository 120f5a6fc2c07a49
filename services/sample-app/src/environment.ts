import * as z from 'zod';
import { readVariables } from '../../shared/environment';
import { LOG_LEVELS } from '../../shared/logger';

/** 0 is any port that is free. */
const port = z
  .string()
  .regex(/^\d{1,5}$/, 'a port, 0 to 65535')
  .transform(Number)
  .refine((number) => number <= 65535, 'a port, 0 to 65535');
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean),
);
const identity = z.string().startsWith('spiffe://', 'SPIFFE IDs, spiffe://…');
const network = z.union(
  [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
  'addresses or networks, such as 10.0.0.1,10.1.0.0/16',
);

const schema = z.object({
  /** Of HTTPS, for everyone. */
  PUBLIC_PORT: port.default(8443),
  /** Of plain HTTP, which only redirects. */
  REDIRECT_PORT: port.default(8080),
  /** Of HTTPS as browsers see it, where redirects lead. Default: PUBLIC_PORT. */
  HTTPS_PORT: port.optional(),
  /** Of /metrics, over mutual TLS. */
  METRICS_PORT: port.default(9464),
  /** SPIFFE IDs that may read /metrics. */
  METRICS_CLIENTS: list.pipe(z.array(identity)).default([]),
  /** Folder with tls.crt, tls.key and ca.crt. */
  TLS_DIRECTORY: z.string().min(1).default('/etc/vigil/tls'),
  /** SPIFFE IDs that may visit. Default: everyone, without a certificate. */
  PUBLIC_CLIENTS: list.pipe(z.array(identity).min(1, 'at least one')).optional(),
  /** Who may log in. */
  USER_NAME: z.string().min(1).default('demo'),
  /** File with that user's password. Default: nobody can log in. */
  PASSWORD_FILE: z.string().min(1).optional(),
  /** Addresses and networks whose X-Forwarded-For is believed. */
  TRUST_PROXY: list.pipe(z.array(network)).default([]),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
});

/** The process's settings. */
export type Environment = Readonly<z.infer<typeof schema>>;

/** @throws ConfigError naming the variable, what it holds and what it may hold */
export const readEnvironment = (env: NodeJS.ProcessEnv): Environment => readVariables(schema, env);
