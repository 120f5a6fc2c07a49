import https from 'node:https';
import { componentOf, components } from '../../constructs/topology';
import { CliError } from './errors';
import type { KubeClient } from './kube-client';
import { forwardPort, type Forwarding } from './port-forward';
import { readTechnician, type Technician } from './technician';

/** A target as Prometheus reports it. */
export interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly lastError: string;
  readonly health: 'up' | 'down' | 'unknown';
}

/** One series of an instant query's answer. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  /** Unix time in seconds, and the value as text. */
  readonly value: readonly [number, string];
}

export interface FiringAlert {
  readonly name: string;
  readonly severity: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
}

interface RawAlert {
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const PROMETHEUS = componentOf('prometheus', components.prometheus);
const DOOR = {
  namespace: PROMETHEUS.namespace,
  service: PROMETHEUS.name,
  port: components.prometheus.ports.web,
};
/** The name that its certificate carries, and that we insist on although the connection goes to 127.0.0.1. */
const SERVER_NAME = PROMETHEUS.dnsName;
const REQUEST_MS = 10_000;

/** Prometheus, asked over mTLS with the technician's certificate through a port-forward. */
export class PrometheusApi {
  private constructor(
    private readonly forwarding: Forwarding,
    private readonly technician: Technician,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws CliError when the technician has no certificate yet. */
  public static async open(client: KubeClient, signal: AbortSignal): Promise<PrometheusApi> {
    const technician = await readTechnician(client);
    return new PrometheusApi(await forwardPort(client, DOOR), technician, signal);
  }

  /** All targets that are scraped. */
  public async targets(): Promise<Target[]> {
    const data = await this.ask<{ activeTargets: Target[] }>('/api/v1/targets?state=active');
    return data.activeTargets;
  }

  /** Alerts that fire now; Watchdog, which always fires, is left out. */
  public async firingAlerts(): Promise<FiringAlert[]> {
    const { alerts } = await this.ask<{ alerts: RawAlert[] }>('/api/v1/alerts');
    return alerts
      .filter(({ state, labels }) => state === 'firing' && labels.alertname !== 'Watchdog')
      .map(({ labels, annotations }) => ({
        name: labels.alertname ?? '',
        severity: labels.severity ?? 'none',
        labels,
        summary: annotations?.summary ?? '',
      }));
  }

  /** The samples of an instant query. */
  public async query(expression: string): Promise<Sample[]> {
    const path = `/api/v1/query?query=${encodeURIComponent(expression)}`;
    return (await this.ask<{ result: Sample[] }>(path)).result;
  }

  public close(): void {
    this.forwarding.close();
  }

  private async ask<T>(path: string): Promise<T> {
    try {
      return await this.send<T>(path);
    } catch (error) {
      this.signal.throwIfAborted();
      const reason = this.forwarding.lastError() ?? (error as Error).message;
      throw new CliError(`Prometheus cannot be asked over mTLS: ${reason}`);
    }
  }

  private send<T>(path: string): Promise<T> {
    const { cert, key, ca } = this.technician;
    const options: https.RequestOptions = {
      host: '127.0.0.1',
      port: this.forwarding.port,
      path,
      servername: SERVER_NAME,
      headers: { Host: SERVER_NAME },
      cert,
      key,
      ca,
      agent: false,
      timeout: REQUEST_MS,
      signal: this.signal,
    };
    return new Promise<T>((resolve, reject) => {
      const request = https.get(options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200) resolve((JSON.parse(text) as { data: T }).data);
          else reject(new Error(`it answered ${response.statusCode}`));
        });
      });
      request.on('timeout', () => request.destroy(new Error('no answer in time')));
      request.on('error', reject);
    });
  }
}
