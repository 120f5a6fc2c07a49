import type { RouterConfig } from '../../../../constructs/alert-router/router-config';

/** Who may ask: a list of identities of the configuration. */
export type Audience = keyof RouterConfig['clients'];

export interface ApiRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Empty for a GET. */
  readonly body: Buffer;
  /** SPIFFE ID of the client, already found to be allowed here. */
  readonly identity: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One endpoint. What `handle` throws is logged and answered with 503. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** The exact path, or the start of it when it ends in `/` and is longer than that. */
  readonly path: string;
  readonly audience: readonly Audience[];
  handle(request: ApiRequest): Promise<ApiResponse> | ApiResponse;
}

/** An answer in JSON. */
export function json(status: number, value: unknown): ApiResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: `${JSON.stringify(value)}\n`,
  };
}
