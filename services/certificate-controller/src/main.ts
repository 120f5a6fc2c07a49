import { systemClock } from '../../shared/clock';
import { ConfigError } from '../../shared/environment';
import { createLogger, type Logger } from '../../shared/logger';
import { shutdownSignal } from '../../shared/shutdown';
import { type Config, readConfig } from './config';
import { generateRsaKey } from './issue';
import { KubeClient } from './kube-client';
import { loadKubeConfig } from './kube-config';
import { Loop } from './loop';
import { ControllerMetrics } from './metrics';
import { PlanError, PlanFile } from './plan';
import { Reconciler } from './reconcile';
import { MetricsServer } from './server';

/** For one call to the API server, in milliseconds. */
const API_TIMEOUT_MS = 10_000;
const SERVICE = 'certificate-controller';

async function run(config: Config, logger: Logger): Promise<void> {
  const clock = systemClock;
  const metrics = new ControllerMetrics();
  const plan = new PlanFile(config.planFile);
  await plan.read();
  const kube = new KubeClient({ kubeConfig: loadKubeConfig(), timeoutMs: API_TIMEOUT_MS });
  const { component, metricsPort: port, metricsClients: clients } = config;
  const generateKey = generateRsaKey;
  const reconciler = new Reconciler({ kube, clock, logger, metrics, generateKey, component });
  const server = new MetricsServer({ port, clients, metrics, logger });
  const loop = new Loop({
    readPlan: () => plan.read(),
    pass: (current) => reconciler.pass(current),
    onMaterial: (material) => server.use(material),
    clock,
    logger,
    metrics,
  });
  await loop.run(shutdownSignal(logger));
  await server.close();
  kube.close();
}

async function main(): Promise<void> {
  let logger = createLogger(SERVICE);
  try {
    const config = readConfig(process.env);
    logger = createLogger(SERVICE, config.logLevel);
    await run(config, logger);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof PlanError)) throw error;
    logger.fatal(error.message);
    process.exitCode = 2;
  }
}

void main();
