import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
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
import { createLogger } from '../../services/shared/logger';
import { MutualTlsServer, type TlsMaterial } from '../../services/shared/tls-server';
import { TestClock } from './test-clock';

export const TECHNICIAN = 'spiffe://vigil/ns/monitoring/sa/technician';

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
  private server: MutualTlsServer | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), 'vigil-people-'));

  constructor() {
    const logger = createLogger('test', 'silent');
    this.store = new Store({ file: join(this.folder, 'router.db'), clock: this.clock, logger });
  }

  static async start(material: TlsMaterial): Promise<PeopleServer> {
    const people = new PeopleServer();
    const routes = peopleRoutes(people.options());
    const handler = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const url = new URL(request.url ?? '/', 'https://router');
      const route = routes.find(
        ({ method, path }) =>
          method === request.method &&
          (path.length > 1 && path.endsWith('/')
            ? url.pathname.startsWith(path)
            : url.pathname === path),
      );
      const body = await buffer(request);
      const { pathname: path, searchParams: query } = url;
      const answer = await route?.handle({ path, query, body, identity: TECHNICIAN });
      response.writeHead(answer?.status ?? 404, answer?.headers).end(answer?.body);
    };
    const allowedIdentities = [TECHNICIAN];
    people.server = new MutualTlsServer({ material, allowedIdentities, handler });
    people.port = await people.server.listen(0, '127.0.0.1');
    return people;
  }

  async stop(): Promise<void> {
    await this.server?.close();
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
