import * as z from 'zod';
import { readVariables } from '../../../shared/environment';
import { LOG_LEVELS, type LogLevel } from '../../../shared/logger';

const schema = z.object({
  ROUTER_CONFIG_FILE: z.string().min(1).default('/etc/vigil/router/router.json'),
  ROUTER_CREDENTIALS: z.string().min(1).default('/etc/vigil/destinations'),
  ROUTER_DATA: z.string().min(1).default('/var/lib/alert-router'),
  ROUTER_PORT: z.coerce.number().int().min(0).max(65535).default(9094),
  ROUTER_HOST: z.string().min(1).optional(),
  TLS_DIRECTORY: z.string().min(1).default('/etc/vigil/tls'),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
});

/** The process's settings. */
export interface Environment {
  readonly configFile: string;
  /** Folder with one file for each destination that has a credential. */
  readonly credentials: string;
  /** Folder of the database. */
  readonly data: string;
  readonly port: number;
  /** Address to listen on. Default: all. */
  readonly host?: string;
  /** Folder with tls.crt, tls.key and ca.crt. */
  readonly tls: string;
  readonly logLevel: LogLevel;
}

/**
 * Reads the settings from environment variables.
 * @throws ConfigError naming the variable, what it holds and what it may hold
 */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const parsed = readVariables(schema, env);
  return {
    configFile: parsed.ROUTER_CONFIG_FILE,
    credentials: parsed.ROUTER_CREDENTIALS,
    data: parsed.ROUTER_DATA,
    port: parsed.ROUTER_PORT,
    host: parsed.ROUTER_HOST,
    tls: parsed.TLS_DIRECTORY,
    logLevel: parsed.LOG_LEVEL,
  };
}
