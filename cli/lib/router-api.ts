import type { TestRequest } from '../../services/alert-router/src/status/api';
import type { DeliveryStatus, RouterStatus } from '../../services/alert-router/src/status/status';
import type { RetryResult } from '../../services/alert-router/src/store/store';
import { webDoor, type Answer, type Door } from './door';
import { UsageError } from './errors';

/** How to reach the alert-router. */
export const ROUTER_DOOR = webDoor('alert-router', 'alertRouter');

/** What people may ask of the alert-router. */
export class RouterApi {
  public constructor(private readonly door: Door) {}

  public async status(): Promise<RouterStatus> {
    return this.read<RouterStatus>(await this.door.get('/api/v1/status'));
  }

  /** Undefined when it was settled so long ago that the router has forgotten it. */
  public async delivery(id: number): Promise<DeliveryStatus | undefined> {
    const answer = await this.door.get(`/api/v1/deliveries/${id}`);
    return answer.status === 404 ? undefined : this.read<DeliveryStatus>(answer);
  }

  /** Makes dead letters pending again. */
  public async retry(ids: readonly number[] | 'all'): Promise<RetryResult> {
    const body = ids === 'all' ? { all: true } : { ids };
    const answer = await this.door.post('/api/v1/retry', body);
    return this.read<RetryResult>(answer);
  }

  /** Accepts a test message; the ids of its deliveries. */
  public async test(request: TestRequest): Promise<number[]> {
    return this.read<{ ids: number[] }>(await this.door.post('/api/v1/test', request)).ids;
  }

  public close(): void {
    this.door.close();
  }

  private read<T>({ status, text }: Answer): T {
    if (status === 200 || status === 202) return JSON.parse(text) as T;
    if (status === 400) throw new UsageError((JSON.parse(text) as { error: string }).error);
    throw this.door.failure(`it answered ${status}`);
  }
}
