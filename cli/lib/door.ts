import https from 'node:https';
import { componentOf, components } from '../../constructs/topology';
import { CliError } from './errors';
import type { KubeClient } from './kube-client';
import type { Forwarding } from './port-forward';
import { readTechnician, type Technician } from './technician';

/** A component that people may ask over mutual TLS. */
export interface DoorSpec {
  /** As errors call it. */
  readonly title: string;
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  /** The name that its certificate carries, and that we insist on although the connection goes to 127.0.0.1. */
  readonly serverName: string;
  /** Value of the header `Authorization`, for those where people log in. @default - none */
  readonly authorization?: string;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

type Components = typeof components;

/** Components with a port `web`. */
type WebComponent = {
  [Key in keyof Components]: Components[Key]['ports'] extends { web: number } ? Key : never;
}[keyof Components];

/** The door of a component that has a port `web`: those with something to look at, and Loki. */
export function webDoor(title: string, key: WebComponent): DoorSpec {
  const { namespace, name, dnsName } = componentOf(key, components[key]);
  return {
    title,
    namespace,
    service: name,
    port: components[key].ports.web,
    serverName: dnsName,
  };
}

const REQUEST_MS = 10_000;

/** Asks a component over mTLS with the technician's certificate through a port-forward. */
export class Door {
  /** @param forwarding a local port that leads to the component. */
  public constructor(
    private readonly spec: DoorSpec,
    private readonly forwarding: Pick<Forwarding, 'port' | 'lastError' | 'close'>,
    private readonly technician: Technician,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws CliError when the technician has no certificate yet. */
  public static async open(client: KubeClient, spec: DoorSpec, signal: AbortSignal): Promise<Door> {
    const technician = await readTechnician(client);
    // Loaded on demand: whoever has a port already need not wait for the Kubernetes client.
    const { forwardPort } = await import('./port-forward');
    return new Door(spec, await forwardPort(client, spec), technician, signal);
  }

  /** @throws CliError when there is no answer. */
  public async get(path: string): Promise<Answer> {
    return this.ask('GET', path);
  }

  /** Sends JSON. @throws CliError when there is no answer. */
  public async post(path: string, body: unknown): Promise<Answer> {
    return this.ask('POST', path, JSON.stringify(body));
  }

  /** A failure of this door, in its words. */
  public failure(reason: string): CliError {
    return new CliError(`${this.spec.title} cannot be asked over mTLS: ${reason}`);
  }

  public close(): void {
    this.forwarding.close();
  }

  private async ask(method: string, path: string, body?: string): Promise<Answer> {
    try {
      return await this.send(method, path, body);
    } catch (error) {
      this.signal.throwIfAborted();
      throw this.failure(this.forwarding.lastError() ?? (error as Error).message);
    }
  }

  private send(method: string, path: string, body?: string): Promise<Answer> {
    const { serverName, authorization } = this.spec;
    const { cert, key, ca } = this.technician;
    const options: https.RequestOptions = {
      method,
      host: '127.0.0.1',
      port: this.forwarding.port,
      path,
      servername: serverName,
      headers: {
        Host: serverName,
        ...(authorization !== undefined && { Authorization: authorization }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      cert,
      key,
      ca,
      agent: false,
      timeout: REQUEST_MS,
      signal: this.signal,
    };
    return new Promise((resolve, reject) => {
      const request = https.request(options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      request.on('timeout', () => request.destroy(new Error('no answer in time')));
      request.on('error', reject);
      request.end(body);
    });
  }
}
