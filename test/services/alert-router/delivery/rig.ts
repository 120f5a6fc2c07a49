import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  DestinationConfig,
  RouterConfig,
} from '../../../../constructs/alert-router/router-config';
import { FakeDiscord, type FakeDiscordOptions } from '../../../../fakes/discord';
import { Dispatcher } from '../../../../services/alert-router/src/delivery/dispatcher';
import {
  buildDestinations,
  SharedState,
} from '../../../../services/alert-router/src/destinations/index';
import { RouterMetrics } from '../../../../services/alert-router/src/metrics';
import type { Alert } from '../../../../services/alert-router/src/model';
import { type Acceptance, Store } from '../../../../services/alert-router/src/store/store';
import { TestClock } from '../../../support/test-clock';
import { alertOf, quiet, temporaryFolder } from '../support';

/** A call that hangs is given up after so many milliseconds. */
export const TIMEOUT_MS = 300;

/** The configuration with these destinations, all of which get every alert. */
export function configOf(destinations: Record<string, DestinationConfig>): RouterConfig {
  return {
    version: 1,
    destinations,
    route: { destinations: Object.keys(destinations), routes: [] },
    clients: { webhook: [], metrics: [], people: [] },
    alertmanagers: [],
    notificationDelaySeconds: 35,
    heartbeatTimeoutSeconds: 300,
    reminderSeconds: 14_400,
    links: {},
  };
}

/** Lanes over a real database, on a clock that each wait moves. */
export class Rig {
  readonly clock = new TestClock();
  readonly metrics = new RouterMetrics();
  readonly folder = temporaryFolder();
  store = this.openStore();
  shared = this.shareAnew();
  dispatcher = this.dispatchAnew();

  use(destinations: Record<string, DestinationConfig>, credentials: Record<string, string>): void {
    const snapshot = {
      config: configOf(destinations),
      credentials: new Map(Object.entries(credentials)),
    };
    this.dispatcher.use(buildDestinations(snapshot, this.shared));
  }

  /** As the router does it: stored first, then the lanes are woken. */
  async accept(alerts: readonly Alert[], changes: Partial<Acceptance> = {}): Promise<void> {
    const destinations = this.dispatcher.statuses().map(({ name }) => name);
    const acceptances = alerts.map((alert) => ({
      destinations,
      groupKey: 'group',
      alert,
      ...changes,
    }));
    await this.store.accept(acceptances, 14_400_000);
    this.dispatcher.wake(destinations);
  }

  /** As after a kill and a new start, but in this process. */
  async restart(): Promise<void> {
    await this.dispatcher.stop(0);
    await this.store.close();
    this.store = this.openStore();
    this.shared = this.shareAnew();
    this.dispatcher = this.dispatchAnew();
  }

  async close(): Promise<void> {
    await this.dispatcher.stop(0);
    await this.store.close();
  }

  /** Deliveries of a destination by what became of them. */
  count(destination: string, what: 'pending' | 'delivered' | 'coalesced' | 'dead'): number {
    return this.store.totals().get(destination)?.[what] ?? 0;
  }

  async settled(destination: string): Promise<void> {
    await until(() => this.count(destination, 'pending') === 0);
  }

  private openStore(): Store {
    const file = path.join(this.folder, 'router.db');
    return new Store({ file, clock: this.clock, logger: quiet });
  }

  private shareAnew(): SharedState {
    const { clock, store } = this;
    return new SharedState({ clock, logger: quiet, calls: store, timeoutMs: TIMEOUT_MS });
  }

  private dispatchAnew(): Dispatcher {
    const { clock, store, metrics } = this;
    return new Dispatcher({ outbox: store, clock, logger: quiet, metrics });
  }
}

/** A rig with one Discord channel, `general`, on the same clock. */
export class DiscordRig extends Rig {
  readonly discord: FakeDiscord;

  constructor(options: Partial<FakeDiscordOptions> = {}) {
    super();
    this.discord = new FakeDiscord({ channels: ['general'], clock: this.clock, ...options });
  }

  async begin(): Promise<void> {
    await this.discord.listen();
    this.connect();
  }

  /** Delivers to all channels. */
  connect(channels = ['general'], credentials = this.credentialsOf(channels)): void {
    const origins = [this.discord.origin];
    this.use(
      Object.fromEntries(channels.map((name) => [name, { kind: 'discord', origins }])),
      credentials,
    );
  }

  credentialsOf(channels: readonly string[]): Record<string, string> {
    return Object.fromEntries(channels.map((name) => [name, this.discord.webhookUrl(name)]));
  }

  /** Everything that is written in a channel, in its order. */
  read(channel = 'general'): string[] {
    return this.discord.messagesIn(channel).map(({ payload }) => JSON.stringify(payload));
  }

  override async close(): Promise<void> {
    await super.close();
    await this.discord.close();
  }
}

/** Alerts of different names. */
export const someAlerts = (count: number): Alert[] =>
  Array.from({ length: count }, (_, index) =>
    alertOf(`Alert${String(index).padStart(4, '0')}x`, { fingerprint: randomUUID() }),
  );

/** @throws Error after ten seconds */
export async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not happen');
    await delay(2);
  }
}
