import https from 'node:https';
import type { Alert } from '../../../services/alert-router/src/model';
import type { TlsMaterial } from '../../../services/shared/tls-server';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Talks to a router on loopback as Alertmanager does: mutual TLS, connections kept. */
export class TestClient {
  readonly agent: https.Agent;

  constructor(
    private readonly port: number,
    material: TlsMaterial,
    maxSockets = 16,
  ) {
    this.agent = new https.Agent({ ...material, keepAlive: true, maxSockets });
  }

  get(path: string): Promise<Answer> {
    return this.request('GET', path);
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.request('POST', path, typeof body === 'string' ? body : JSON.stringify(body));
  }

  request(method: string, path: string, body: string | Buffer = ''): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      };
      const { agent, port } = this;
      const request = https.request({ host: 'localhost', port, path, method, agent, headers });
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

/** Alertmanager's webhook body (version 4) of some alerts of one group. */
export function webhookBody(alerts: readonly Alert[], changes: object = {}): object {
  const time = (ms: number | undefined): string =>
    ms === undefined ? '0001-01-01T00:00:00Z' : new Date(ms).toISOString();
  return {
    version: '4',
    groupKey: '{}:{alertname="A"}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'router',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'https://alertmanager.example',
    alerts: alerts.map(({ startsAt, endsAt, ...alert }) => ({
      ...alert,
      startsAt: time(startsAt),
      endsAt: time(endsAt),
      generatorURL: 'https://prometheus.example/graph?g0.expr=up',
    })),
    ...changes,
  };
}
