import type { Alert, Delivery, DeliveryKind } from '../../../../services/alert-router/src/model';

/** The moment at which the deliveries of tests are accepted. */
export const NOW = Date.UTC(2026, 5, 1, 12);

export interface DeliveryOptions {
  readonly id?: number;
  readonly kind?: DeliveryKind;
  readonly groupKey?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly acceptedAt?: number;
  readonly reconciled?: boolean;
  readonly startsAt?: number;
  readonly endsAt?: number;
  readonly fingerprint?: string;
}

let lastId = 0;

/** A delivery of an alert `InstanceDown` of `web`, unless it says otherwise. */
export function delivery(options: DeliveryOptions = {}): Delivery {
  const id = options.id ?? ++lastId;
  const kind = options.kind ?? 'firing';
  return {
    id,
    destination: 'general',
    groupKey: options.groupKey ?? '{}',
    kind,
    alert: alertOf({ ...options, fingerprint: options.fingerprint ?? `f${id}` }, kind),
    acceptedAt: options.acceptedAt ?? NOW,
    attempts: 0,
    reconciled: options.reconciled ?? false,
  };
}

function alertOf(options: DeliveryOptions & { fingerprint: string }, kind: DeliveryKind): Alert {
  const { fingerprint, labels, annotations, startsAt = NOW - 60_000 } = options;
  const isOver = kind === 'resolved';
  return {
    fingerprint,
    status: isOver ? 'resolved' : 'firing',
    labels: { alertname: 'InstanceDown', severity: 'critical', service: 'web', ...labels },
    annotations: { summary: 'It is down.', ...annotations },
    startsAt,
    ...(isOver ? { endsAt: options.endsAt ?? NOW } : {}),
  };
}
