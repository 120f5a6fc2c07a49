import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RouterServer } from '../../services/alert-router/src/http/server';
import { RouterMetrics } from '../../services/alert-router/src/metrics';
import type { Alert } from '../../services/alert-router/src/model';
import { type PeopleOptions, peopleRoutes } from '../../services/alert-router/src/status/api';
import {
  readDelivery,
  readStatus,
  type StatusSources,
} from '../../services/alert-router/src/status/read-status';
import type {
  HeartbeatStatus,
  LaneStatus,
  ReconcilerStatus,
} from '../../services/alert-router/src/status/status';
import { testAlert } from '../../services/alert-router/src/status/test-alert';
import { Store } from '../../services/alert-router/src/store/store';
import { systemClock } from '../../services/shared/clock';
import { createLogger } from '../../services/shared/logger';
import type { TlsMaterial } from '../../services/shared/tls-server';
import { TestClock } from './test-clock';

const logger = createLogger('test', 'silent');
const ALERTMANAGER = 'spiffe://vigil/ns/monitoring/sa/alertmanager';
const TECHNICIAN = 'spiffe://vigil/ns/monitoring/sa/technician';

/** What people meet of the router: its API and page on a real socket, over a real database; the lanes are said. */
export class PeopleServer {
  readonly clock = new TestClock();
  readonly store: Store;
  lanes: LaneStatus[] = [
    { name: 'general', kind: 'discord', state: 'ready' },
    { name: 'mail', kind: 'mail', state: 'parked', reason: 'no credential' },
  ];
  heartbeat: HeartbeatStatus = { silent: false };
  reconciler: ReconcilerStatus = { enabled: true, added: 0, resolved: 0 };
  /** What the labels of a test lead to. */
  routed: readonly string[] = ['general'];
  /** After a delivery was accepted: what its lane does. */
  onAccepted: () => void = () => undefined;
  port = 0;
  private server: RouterServer | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), 'vigil-people-'));

  constructor() {
    this.store = new Store({ file: join(this.folder, 'router.db'), clock: this.clock, logger });
  }

  static async start(material: TlsMaterial): Promise<PeopleServer> {
    const people = new PeopleServer();
    const routes = peopleRoutes(people.options());
    people.server = new RouterServer({
      material,
      routes,
      clients: () => ({ webhook: [ALERTMANAGER], metrics: [], people: [TECHNICIAN] }),
      clock: systemClock,
      logger,
      metrics: new RouterMetrics(),
    });
    people.port = await people.server.listen(0, '127.0.0.1');
    return people;
  }

  async stop(): Promise<void> {
    await this.server?.close(1000);
    await this.store.close();
    rmSync(this.folder, { recursive: true });
  }

  /** Makes a delivery pending. */
  async accept(alert: Alert, destination = 'general'): Promise<number> {
    const one = { destinations: [destination], groupKey: 'g', alert };
    const { created } = await this.store.accept([one], 3_600_000);
    return created[0]?.id ?? 0;
  }

  private options(): PeopleOptions {
    const sources: StatusSources = {
      version: '1.2.3',
      startedAt: this.clock.now().getTime(),
      now: () => this.clock.now().getTime(),
      lanes: () => this.lanes,
      store: this.store,
      heartbeat: { status: () => this.heartbeat },
      reconciler: { status: () => this.reconciler },
    };
    return {
      status: () => readStatus(sources),
      find: (id) => readDelivery(sources, id),
      retry: (which) => this.store.retry(which),
      test: async ({ destination, labels }) => {
        const destinations = destination === undefined ? this.routed : [destination];
        const alert = testAlert(labels, this.clock.now().getTime());
        const one = { destinations, groupKey: 'test', alert, kind: 'test' } as const;
        const { created } = await this.store.accept([one], 0);
        this.onAccepted();
        return created.map(({ id }) => id);
      },
    };
  }
}
