import type { Labels } from '../model';
import type { Store } from '../store/store';
import type { DeliveryRecord } from '../store/statements';
import type {
  DeliveryStatus,
  DestinationStatus,
  HeartbeatStatus,
  LaneStatus,
  ReconcilerStatus,
  RouterStatus,
  SettledDelivery,
  Totals,
} from './status';

/** Where the status is read from. */
export interface StatusSources {
  readonly version: string;
  /** Milliseconds since the Unix epoch, as is `now`. */
  readonly startedAt: number;
  readonly now: () => number;
  /** Every destination of the configuration, parked ones too. */
  readonly lanes: () => readonly LaneStatus[];
  readonly store: Pick<
    Store,
    | 'readings'
    | 'lastDeliveries'
    | 'deadLetters'
    | 'delivery'
    | 'orphans'
    | 'corruptCopies'
    | 'lastCorruptAt'
  >;
  readonly heartbeat: { status(): HeartbeatStatus };
  readonly reconciler: { status(): ReconcilerStatus };
}

/** How long a person is told of what waited for a destination that is gone. */
const DAY_MS = 86_400_000;
/** Of deliveries and dead letters each. */
const SHOWN = 50;
/** Characters of an alert's labels and of a reason; more is cut. */
const LONGEST = 300;
const NONE: Totals = { accepted: 0, delivered: 0, coalesced: 0, dead: 0, expired: 0, pending: 0 };

/** The whole status at this moment. */
export function readStatus(sources: StatusSources): RouterStatus {
  const { version, startedAt, store, heartbeat, reconciler } = sources;
  const { totals, oldestSeconds, deadLetters, bytes, writable } = store.readings();
  const lastDeliveries = store.lastDeliveries(SHOWN).flatMap(settled);
  const destinationOf = (lane: LaneStatus): DestinationStatus => {
    const { pending, delivered } = totals.get(lane.name) ?? NONE;
    return {
      ...lane,
      // A lane knows nothing of what was before the last restart.
      lastDeliveredAt:
        lane.lastDeliveredAt ??
        lastDeliveries.find(({ destination }) => destination === lane.name)?.settledAt,
      pending,
      delivered,
      dead: deadLetters.get(lane.name) ?? 0,
      oldestPendingSeconds: pending > 0 ? oldestSeconds.get(lane.name) : undefined,
    };
  };
  const now = sources.now();
  const orphans = [...store.orphans(now - DAY_MS)];
  return {
    version,
    startedAt,
    now,
    heartbeat: heartbeat.status(),
    totals: [...totals.values()].reduce(sum, NONE),
    destinations: sources.lanes().map(destinationOf),
    lastDeliveries,
    deadLetters: store.deadLetters(SHOWN).flatMap(settled),
    orphans: orphans.map(([destination, letters]) => ({ destination, letters })),
    reconciler: reconciler.status(),
    store: {
      bytes,
      writable,
      corruptCopies: store.corruptCopies(),
      lastCorruptAt: store.lastCorruptAt(),
    },
  };
}

/** What became of one delivery; undefined when it is not known, or no longer. */
export function readDelivery(
  { store, lanes }: Pick<StatusSources, 'store' | 'lanes'>,
  id: number,
): DeliveryStatus | undefined {
  const record = store.delivery(id);
  if (!record) return undefined;
  const { destination, state, attempts } = record;
  const lane = lanes().find(({ name }) => name === destination);
  const why = state === 'pending' ? (lane?.reason ?? record.reason) : record.reason;
  return {
    id,
    destination,
    state,
    attempts,
    // A destination that the configuration no longer has is called as little as one that is parked.
    destinationState: lane?.state ?? 'parked',
    reason: why === undefined ? undefined : cut(why),
  };
}

function settled(record: DeliveryRecord): SettledDelivery[] {
  const { id, destination, kind, alert, acceptedAt, settledAt = acceptedAt, state } = record;
  if (state === 'pending') return [];
  const { alertname = '', severity = 'none' } = alert.labels;
  const isLetter = state === 'dead' || state === 'expired';
  return [
    {
      id,
      destination,
      kind,
      alertname: cut(alertname),
      severity: cut(severity),
      labels: cut(notation(alert.labels)),
      acceptedAt,
      settledAt,
      outcome: state,
      reason: isLetter && record.reason !== undefined ? cut(record.reason) : undefined,
    },
  ];
}

/** `{instance="a:1", job="b"}`, without name and severity, which have places of their own; empty for no others. */
function notation({ alertname: _name, severity: _severity, ...rest }: Labels): string {
  const pairs = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? '' : `{${pairs.join(', ')}}`;
}

/** Never in the middle of a character. */
const cut = (text: string): string =>
  text.length <= LONGEST ? text : `${[...text.slice(0, LONGEST)].slice(0, -1).join('')}…`;

const sum = (left: Totals, right: Totals): Totals => ({
  accepted: left.accepted + right.accepted,
  delivered: left.delivered + right.delivered,
  coalesced: left.coalesced + right.coalesced,
  dead: left.dead + right.dead,
  expired: left.expired + right.expired,
  pending: left.pending + right.pending,
});
