// As a namespace, so that the bundle leaves out zod's other languages: 8 MiB.
import * as z from 'zod';
import { readVariables } from '../../shared/environment';
import { LOG_LEVELS } from '../../shared/logger';

const schema = z.object({
  VIGIL_PLAN_FILE: z.string().min(1).default('/etc/vigil/plan/plan.json'),
  VIGIL_METRICS_PORT: z.coerce.number().int().min(0).max(65535).default(9443),
  VIGIL_METRICS_CLIENTS: z
    .string()
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((one) => one.trim())
        .filter(Boolean),
    )
    .pipe(z.array(z.string().startsWith('spiffe://'))),
  VIGIL_COMPONENT: z.string().min(1).default('certificate-controller'),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
});

/** The process's settings. */
export interface Config {
  readonly planFile: string;
  readonly metricsPort: number;
  /** SPIFFE IDs that may read /metrics. */
  readonly metricsClients: readonly string[];
  /** Name in the plan of the controller's own leaf. */
  readonly component: string;
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

/**
 * Reads the settings from environment variables.
 * @throws ConfigError naming the variable, what it holds and what it may hold
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const parsed = readVariables(schema, env);
  return {
    planFile: parsed.VIGIL_PLAN_FILE,
    metricsPort: parsed.VIGIL_METRICS_PORT,
    metricsClients: parsed.VIGIL_METRICS_CLIENTS,
    component: parsed.VIGIL_COMPONENT,
    logLevel: parsed.LOG_LEVEL,
  };
}
