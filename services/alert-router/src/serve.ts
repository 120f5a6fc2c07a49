import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { version } from '../../../package.json';
import { type Clock, systemClock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { Acceptor, corruptNotice } from './accept/acceptor';
import { WatchedConfig } from './config/config-source';
import type { Environment } from './config/environment';
import { WatchedTls } from './config/watched-tls';
import { Dispatcher } from './delivery/dispatcher';
import { buildDestinations, SharedState } from './destinations';
import { Heartbeat } from './heartbeat/heartbeat';
import { machineRoutes } from './http/endpoints';
import { RouterServer } from './http/server';
import { RouterMetrics } from './metrics';
import { askAlertmanager } from './reconcile/alertmanager-client';
import { Reconciler } from './reconcile/reconciler';
import { peopleRoutes } from './status/api';
import { readDelivery, readStatus, type StatusSources } from './status/read-status';
import { testAlert } from './status/test-alert';
import { Store } from './store/store';

const SWEEP_MS = 30_000;
/** For calls to destinations, and then for requests, that are under way when the process is told to end. */
const GRACE_MS = 10_000;
const CLOSE_MS = 3_000;

/**
 * The router, until the signal aborts: then it takes nothing more, ends what is under way, and leaves the rest in its
 * database.
 *
 * @throws ConfigError when it cannot begin with its settings
 * @throws StoreRefused when its database must not be used
 */
export async function serve(
  environment: Environment,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const clock = systemClock;
  const metrics = new RouterMetrics();
  const { configFile, credentials, tls: folder } = environment;
  const source = await WatchedConfig.open({ configFile, credentials, clock, logger, metrics });
  const tls = await WatchedTls.open({ folder, clock, logger });
  await mkdir(environment.data, { recursive: true });
  const config = (): typeof source.current.config => source.current.config;

  const store = new Store({
    file: path.join(environment.data, 'router.db'),
    clock,
    logger,
    onCorrupt: (copy) => void reportCorrupt(copy),
  });
  metrics.attach(() => store.readings());
  const dispatcher = new Dispatcher({ outbox: store, clock, logger, metrics });
  const acceptor = new Acceptor({
    store,
    source,
    metrics,
    wake: (destinations) => dispatcher.wake(destinations),
    truncated: () => reconciler.trigger(),
  });
  const reconciler = new Reconciler({
    clock,
    logger,
    metrics,
    alertmanagers: () => config().alertmanagers,
    ask: (base, abort) => askAlertmanager(base, tls.current, abort),
    firing: () => store.firing(),
    accept: (groupKey, alert) => acceptor.acceptReconciled(groupKey, alert),
  });
  const heartbeat = new Heartbeat({
    clock,
    logger,
    meta: store,
    metrics,
    timeoutSeconds: () => config().heartbeatTimeoutSeconds,
    notice: (alert) => acceptor.acceptNotice(alert),
  });
  const now = (): number => clock.now().getTime();
  async function reportCorrupt(copy: string): Promise<void> {
    metrics.countCorrupt();
    try {
      await acceptor.acceptNotice(corruptNotice(copy, now()));
    } catch (error) {
      logger.error({ error: (error as Error).message }, 'a damaged database cannot be reported');
    }
  }

  const sources: StatusSources = {
    version,
    startedAt: now(),
    now,
    lanes: () => dispatcher.statuses(),
    store,
    heartbeat,
    reconciler,
  };
  const server = new RouterServer({
    material: tls.current,
    clients: () => config().clients,
    clock,
    logger,
    metrics,
    routes: [
      ...machineRoutes({
        accept: (notification) => acceptor.accept(notification),
        beat: () => heartbeat.beat(),
        metrics,
        logger,
      }),
      ...peopleRoutes({
        status: () => readStatus(sources),
        find: (id) => readDelivery(sources, id),
        retry: async (which) => {
          const destinations = await store.retry(which);
          dispatcher.resume(which === 'all' ? undefined : destinations);
          return destinations;
        },
        test: ({ destination, labels }) =>
          acceptor.acceptTest(testAlert(labels, now()), destination),
      }),
    ],
  });

  const shared = new SharedState({ clock, logger, calls: store });
  dispatcher.use(buildDestinations(source.current, shared));
  source.onChange((snapshot) => dispatcher.use(buildDestinations(snapshot, shared)));
  const port = await server.listen(environment.port, environment.host);
  logger.info({ port, version }, 'listening with mutual TLS');

  const work = [
    source.run(signal),
    tls.run((material) => server.update(material), signal),
    reconciler.run(signal),
    heartbeat.run(signal),
    sweepRegularly({ store, dispatcher, clock, logger, signal }),
  ];
  await aborted(signal);
  server.drain();
  await dispatcher.stop(GRACE_MS);
  await server.close(CLOSE_MS);
  await Promise.all(work);
  await store.close();
}

interface Sweeping {
  readonly store: Store;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

async function sweepRegularly(sweeping: Sweeping): Promise<void> {
  const { store, dispatcher, clock, logger, signal } = sweeping;
  while (!signal.aborted) {
    const parked = dispatcher.statuses().filter(({ state }) => state === 'parked');
    try {
      await store.sweep(parked.map(({ name }) => name));
    } catch (error) {
      logger.warn({ error: (error as Error).message }, 'the store could not be swept');
    }
    await clock.sleep(SWEEP_MS, signal);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
