import https from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TlsMaterial } from '../../../../services/shared/tls-server';

type State = 'active' | 'suppressed' | 'unprocessed';

/** Alertmanager's API v2 on a real socket, behind mutual TLS. */
export class FakeAlertmanager {
  /** Labels and state of the alerts that fire, by fingerprint. */
  readonly alerts = new Map<string, { labels: Record<string, string>; state: State }>();
  /** By its own clock, in seconds. */
  upSeconds = 3600;
  /** In place of its own answer. */
  instead: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  polls = 0;

  private constructor(private readonly server: https.Server) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (this.instead) this.instead(request, response);
      else this.answer(request, response);
    });
  }

  static async start(material: TlsMaterial): Promise<FakeAlertmanager> {
    const server = https.createServer({ ...material, requestCert: true, rejectUnauthorized: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FakeAlertmanager(server);
  }

  get url(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** An alert that fires, until it is deleted from `alerts`. */
  fire(fingerprint: string, labels: Record<string, string> = {}, state: State = 'active'): void {
    this.alerts.set(fingerprint, { labels: { alertname: fingerprint, ...labels }, state });
  }

  private answer({ url }: IncomingMessage, response: ServerResponse): void {
    // Years away from ours: only its own clock may count.
    const now = Date.parse('2031-01-01T00:00:00Z');
    response.setHeader('Date', new Date(now).toUTCString());
    if (url === '/api/v2/status') {
      response.end(JSON.stringify({ uptime: new Date(now - this.upSeconds * 1000).toISOString() }));
      return;
    }
    this.polls += 1;
    const list = [...this.alerts].map(([fingerprint, { labels, state }]) => ({
      fingerprint,
      labels,
      annotations: { summary: `summary of ${fingerprint}` },
      startsAt: '2026-06-01T11:59:00.123456789+02:00',
      endsAt: '2026-06-01T12:04:00.000Z',
      generatorURL: 'http://prometheus/graph',
      status: { state, silencedBy: [], inhibitedBy: [] },
      receivers: [{ name: 'alert-router' }],
    }));
    response.end(JSON.stringify(list));
  }
}
