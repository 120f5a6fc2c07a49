import { type Clock, systemClock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { assemble } from './assembly';
import type { Environment } from './config/environment';
import type { Dispatcher } from './delivery/dispatcher';
import type { DestinationState } from './status/status';
import type { Store } from './store/store';

/** In these states a destination is not called. */
const UNCALLABLE: readonly DestinationState[] = ['parked', 'unhealthy'];
/** Between two sweeps of the store, in milliseconds. */
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
  const parts = await assemble({ environment, clock, logger });
  const { dispatcher, heartbeat, reconciler, server, source, store, tls } = parts;
  const port = await server.listen(environment.port, environment.host);
  logger.info({ port }, 'listening with mutual TLS');
  const work = [
    source.run(signal),
    tls.run((material) => server.update(material), signal),
    reconciler.run(signal),
    heartbeat.run(signal),
    dispatcher.run(signal),
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
  readonly dispatcher: Pick<Dispatcher, 'statuses'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Sweeps the store now, and every half minute until the signal aborts. */
export async function sweepRegularly(sweeping: Sweeping): Promise<void> {
  const { store, dispatcher, clock, logger, signal } = sweeping;
  while (!signal.aborted) {
    const uncallable = dispatcher.statuses().filter(({ state }) => UNCALLABLE.includes(state));
    try {
      await store.sweep(uncallable.map(({ name }) => name));
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
