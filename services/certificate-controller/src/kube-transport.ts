import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { buffer } from 'node:stream/consumers';
import {
  type KubeConfig,
  type RequestContext,
  ResponseContext,
  SelfDecodingBody,
} from '@kubernetes/client-node';

/** At most, at the same time. */
const CONNECTIONS = 4;
const USER_AGENT = 'vigil-certificate-controller';

/**
 * Carries client-node's calls over node:https, signed in by its kubeconfig. Its own transport
 * (undici) opens a connection for each call. Token and CA are files that the
 * kubelet replaces: the CA is read for each call, the token when the copy of it is a minute old.
 */
export class KubeTransport {
  private pool: { readonly credentials: string; readonly agent: https.Agent } | undefined;

  /** @param timeoutMs for a whole call, in milliseconds */
  constructor(
    private readonly kubeConfig: KubeConfig,
    private readonly timeoutMs: number,
  ) {}

  /** @throws Error when there is no answer, or when a file of the kubeconfig cannot be read */
  async send(context: RequestContext): Promise<ResponseContext> {
    const options: https.RequestOptions = {};
    await this.kubeConfig.applyToHTTPSOptions(options);
    const signal = AbortSignal.timeout(this.timeoutMs);
    const request = https.request(context.getUrl(), {
      ...options,
      method: context.getHttpMethod(),
      headers: { ...context.getHeaders(), ...options.headers, 'user-agent': USER_AGENT },
      agent: this.agentFor(options),
      signal,
    });
    try {
      request.end(context.getBody());
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      const body = await buffer(response);
      const { statusCode = 0, headers } = response;
      const again = new SelfDecodingBody(Promise.resolve(body));
      return new ResponseContext(statusCode, headers as Record<string, string>, again);
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new Error(`no answer within ${this.timeoutMs} ms`, { cause: error });
    }
  }

  /** Ends open connections. */
  close(): void {
    this.pool?.agent.destroy();
  }

  /** Connections are kept until the cluster's CA or the client's certificate changes. */
  private agentFor({ ca, cert, key, servername }: https.RequestOptions): https.Agent {
    const credentials = [ca, cert, key, servername].map(String).join();
    if (this.pool?.credentials !== credentials) {
      this.pool?.agent.destroy();
      const agent = new https.Agent({ ca, cert, key, keepAlive: true, maxSockets: CONNECTIONS });
      this.pool = { credentials, agent };
    }
    return this.pool.agent;
  }
}
