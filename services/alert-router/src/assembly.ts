import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { version } from '../../../package.json';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { WatchedTls } from '../../shared/watched-tls';
import { Acceptor, corruptNotice } from './accept/acceptor';
import { WatchedConfig } from './config/config-source';
import type { Environment } from './config/environment';
import type { Snapshot } from './config/snapshot';
import { Dispatcher } from './delivery/dispatcher';
import { buildDestinations, SharedState } from './destinations';
import { Heartbeat } from './heartbeat/heartbeat';
import { machineRoutes } from './http/endpoints';
import type { Route } from './http/routes';
import { RouterServer } from './http/server';
import { RouterMetrics } from './metrics';
import { askAlertmanager } from './reconcile/alertmanager-client';
import { Reconciler } from './reconcile/reconciler';
import { peopleRoutes } from './status/api';
import { readDelivery, readStatus, type StatusSources } from './status/read-status';
import { testAlert } from './status/test-alert';
import { Store } from './store/store';

/** What everything is made with. */
export interface Surroundings {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Foundation extends Surroundings {
  readonly metrics: RouterMetrics;
  readonly source: WatchedConfig;
  readonly tls: WatchedTls;
}

interface Core extends Foundation {
  readonly store: Store;
  readonly dispatcher: Dispatcher;
  readonly acceptor: Acceptor;
  readonly reconciler: Reconciler;
  readonly heartbeat: Heartbeat;
}

/** The parts of the router, put together; nothing runs yet. */
export interface Assembly extends Core {
  readonly server: RouterServer;
}

/**
 * Makes the parts and connects them.
 *
 * @throws ConfigError when the settings cannot be used
 * @throws StoreRefused when the database must not be used
 */
export async function assemble(surroundings: Surroundings): Promise<Assembly> {
  const { environment, clock, logger } = surroundings;
  const { configFile, credentials, tls: folder } = environment;
  const metrics = new RouterMetrics();
  const source = await WatchedConfig.open({ configFile, credentials, clock, logger, metrics });
  const tls = await WatchedTls.open({ folder, clock, logger });
  await mkdir(environment.data, { recursive: true });
  const core = assembleCore({ ...surroundings, metrics, source, tls });
  const server = new RouterServer({
    material: tls.current,
    clients: () => source.current.config.clients,
    clock,
    logger,
    metrics,
    routes: routesOf(core),
  });
  deliverAsConfigured(core);
  return { ...core, server };
}

function assembleCore(foundation: Foundation): Core {
  const { environment, clock, logger, metrics, source, tls } = foundation;
  const store = new Store({
    file: path.join(environment.data, 'router.db'),
    clock,
    logger,
    onCorrupt: (copy) => void reportCorrupt(core, copy),
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
    alertmanagers: () => source.current.config.alertmanagers,
    notificationDelaySeconds: () => source.current.config.notificationDelaySeconds,
    ask: (base, signal) => askAlertmanager(base, tls.current, signal),
    firing: () => store.firing(),
    accept: (groupKey, alert) => acceptor.acceptReconciled(groupKey, alert),
  });
  const heartbeat = new Heartbeat({
    clock,
    logger,
    meta: store,
    metrics,
    timeoutSeconds: () => source.current.config.heartbeatTimeoutSeconds,
    notice: (alert) => acceptor.acceptNotice(alert),
  });
  const core = { ...foundation, store, dispatcher, acceptor, reconciler, heartbeat };
  return core;
}

async function reportCorrupt(
  { acceptor, clock, logger, metrics }: Core,
  copy: string,
): Promise<void> {
  metrics.countCorrupt();
  try {
    await acceptor.acceptNotice(corruptNotice(copy, clock.now().getTime()));
  } catch (error) {
    logger.error({ error: (error as Error).message }, 'a damaged database cannot be reported');
  }
}

function routesOf(core: Core): Route[] {
  const { acceptor, clock, dispatcher, heartbeat, logger, metrics, store } = core;
  const now = (): number => clock.now().getTime();
  const sources: StatusSources = {
    version,
    startedAt: now(),
    now,
    lanes: () => dispatcher.statuses(),
    store,
    heartbeat,
    reconciler: core.reconciler,
  };
  return [
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
        const result = await store.retry(which);
        dispatcher.resume(which === 'all' ? undefined : result.destinations);
        return result;
      },
      test: ({ destination, labels }) => acceptor.acceptTest(testAlert(labels, now()), destination),
    }),
  ];
}

/** Lanes for the destinations of the configuration, and of each one after it. */
function deliverAsConfigured({ clock, dispatcher, logger, source, store }: Core): void {
  const shared = new SharedState({ clock, logger, calls: store });
  const use = (snapshot: Snapshot): void => {
    void store.configure(Object.keys(snapshot.config.destinations));
    dispatcher.use(buildDestinations(snapshot, shared));
  };
  use(source.current);
  source.onChange(use);
}
