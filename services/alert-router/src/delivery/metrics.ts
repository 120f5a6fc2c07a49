import type { DeliveryKind, Outcome } from '../model';

/** What the lanes count. */
export interface DeliveryMetrics {
  countDelivery(destination: string, kind: DeliveryKind, outcome: Outcome['kind']): void;
  observeDelivery(seconds: number): void;
  countCoalesced(destination: string, count: number): void;
  countRateLimited(destination: string, seconds: number): void;
  setHealthy(destination: string, healthy: boolean): void;
  setParked(destination: string, parked: boolean): void;
  forget(destination: string): void;
}
