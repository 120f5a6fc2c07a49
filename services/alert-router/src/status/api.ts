// As a namespace, so that the bundle leaves out zod's other languages.
import * as z from 'zod';
import { type ApiRequest, type ApiResponse, json, type Route } from '../http/routes';
import type { RetryResult } from '../store/store';
import { PAGE_HEADERS, renderPage } from './page';
import type { DeliveryStatus, RouterStatus } from './status';

/** A test message: for one destination, or for those that an alert with these labels would go to. */
export interface TestRequest {
  readonly destination?: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface PeopleOptions {
  readonly status: () => RouterStatus;
  /** A delivery that is pending, or settled not long ago. */
  readonly find: (id: number) => DeliveryStatus | undefined;
  /**
   * Dead letters are pending again, except those that are outdated or of destinations that are no longer configured;
   * destinations that refused every call are called again.
   */
  readonly retry: (ids: readonly number[] | 'all') => Promise<RetryResult>;
  /** @returns ids of the deliveries */
  readonly test: (request: TestRequest) => Promise<readonly number[]>;
}

const DELIVERIES = '/api/v1/deliveries/';
const id = z.int().positive();
const retrySchema = z.union([
  z.strictObject({ ids: z.array(id).min(1) }),
  z.strictObject({ all: z.literal(true) }),
]);
const testSchema = z.strictObject({
  destination: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
});

/** What people may ask: the page, the status behind it, retries and tests. */
export function peopleRoutes(options: PeopleOptions): Route[] {
  const route = (method: Route['method'], path: string, handle: Route['handle']): Route => {
    return { method, path, audience: ['people'], handle };
  };
  return [
    route('GET', '/', () => ({
      status: 200,
      headers: PAGE_HEADERS,
      body: renderPage(options.status()),
    })),
    route('GET', '/api/v1/status', () => json(200, options.status())),
    route('GET', DELIVERIES, ({ path }) => find(options, path)),
    route('POST', '/api/v1/retry', (request) => retry(options, request)),
    route('POST', '/api/v1/test', (request) => test(options, request)),
  ];
}

function find(options: PeopleOptions, path: string): ApiResponse {
  const parsed = id.safeParse(Number(path.slice(DELIVERIES.length)));
  const found = parsed.success ? options.find(parsed.data) : undefined;
  return found ? json(200, found) : refusal(404, 'no such delivery, or it was settled long ago');
}

async function retry(options: PeopleOptions, request: ApiRequest): Promise<ApiResponse> {
  const parsed = retrySchema.safeParse(parse(request));
  if (!parsed.success) {
    return refusal(400, 'allowed: {"ids": [<id of a dead letter>, …]} or {"all": true}');
  }
  const which = 'ids' in parsed.data ? parsed.data.ids : 'all';
  return json(200, await options.retry(which));
}

async function test(options: PeopleOptions, request: ApiRequest): Promise<ApiResponse> {
  const parsed = testSchema.safeParse(parse(request));
  if (!parsed.success) {
    return refusal(400, 'allowed: {"destination": "<name>"} or {"labels": {"<name>": "<value>"}}');
  }
  const known = options.status().destinations.map(({ name }) => name);
  const { destination } = parsed.data;
  if (destination !== undefined && !known.includes(destination)) {
    return refusal(400, `destination: '${destination}' is none of ${known.join(', ')}`);
  }
  return json(202, { ids: await options.test(parsed.data) });
}

const refusal = (status: number, error: string): ApiResponse => json(status, { error });

function parse({ body }: ApiRequest): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
